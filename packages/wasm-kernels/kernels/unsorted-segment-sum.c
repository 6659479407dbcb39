// y[s, …] = Σ of the x[i, …] whose segment id is s. Ids outside 0…segments - 1 are dropped.
#include "common.h"

/// Added up in float64, `strip` of the `inner` columns at a time; `totals` holds segments · strip doubles.
void EXPORT(unsorted_segment_sum)(const float* x, const int* ids, float* y, int rows, int inner, int segments,
                                  int strip, double* totals) {
  for (int first = 0; first < inner; first += strip) {
    int count = inner - first < strip ? inner - first : strip;
    __builtin_memset(totals, 0, (unsigned)(segments * strip) * sizeof(double));
    for (int i = 0; i < rows; i++) {
      if (ids[i] < 0 || ids[i] >= segments) continue;
      const float* from = x + i * inner + first;
      double* to = totals + ids[i] * strip;
      for (int c = 0; c < count; c++) to[c] += from[c];
    }
    for (int s = 0; s < segments; s++) {
      for (int c = 0; c < count; c++) y[s * inner + first + c] = (float)totals[s * strip + c];
    }
  }
}
