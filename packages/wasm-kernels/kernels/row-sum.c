// Sums of numbers that lie side by side: float32 over a short block, float64 over the blocks.
#include "common.h"

enum { BLOCK = 256 };

/// Σ x, or Σ x² when `squared`.
INLINE double long_sum(const float* x, int size, const int squared) {
  double total = 0;
  for (; size >= BLOCK; size -= BLOCK, x += BLOCK) {
    f32x4 s0 = SPLAT(0), s1 = s0, s2 = s0, s3 = s0;
    for (int i = 0; i < BLOCK; i += 16) {
      f32x4 x0 = LOAD(x + i), x1 = LOAD(x + i + 4), x2 = LOAD(x + i + 8), x3 = LOAD(x + i + 12);
      s0 = squared ? MADD(x0, x0, s0) : ADD(s0, x0), s1 = squared ? MADD(x1, x1, s1) : ADD(s1, x1);
      s2 = squared ? MADD(x2, x2, s2) : ADD(s2, x2), s3 = squared ? MADD(x3, x3, s3) : ADD(s3, x3);
    }
    total += lanes_sum(ADD(ADD(s0, s1), ADD(s2, s3)));
  }
  for (int i = 0; i < size; i++) total += squared ? (double)x[i] * x[i] : x[i];
  return total;
}

/// x [rows, size] → y [rows] = Σ x / divisor.
void EXPORT(row_sum)(const float* x, float* y, int rows, int size, float divisor) {
  for (int r = 0; r < rows; r++, x += size) y[r] = (float)(long_sum(x, size, 0) / divisor);
}

/// x [size] → y [1] = Σ x².
void EXPORT(squared_norm)(const float* x, float* y, int size) { *y = (float)long_sum(x, size, 1); }
