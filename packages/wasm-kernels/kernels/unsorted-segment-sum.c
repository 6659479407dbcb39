// y[s, …] = Σ of the x[i, …] whose segment id is s. Ids outside 0…segments - 1 are dropped.
#include "common.h"

void EXPORT(unsorted_segment_sum)(const float* x, const int* ids, float* y, int rows, int inner, int segments) {
  __builtin_memset(y, 0, (unsigned)(segments * inner) * sizeof(float));
  for (int i = 0; i < rows; i++) {
    if (ids[i] < 0 || ids[i] >= segments) continue;
    const float* from = x + i * inner;
    float* to = y + ids[i] * inner;
    int c = 0;
    for (; c + 4 <= inner; c += 4) STORE(to + c, ADD(LOAD(to + c), LOAD(from + c)));
    for (; c < inner; c++) to[c] += from[c];
  }
}
