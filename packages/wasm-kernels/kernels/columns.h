// Sums over the rows of a matrix, column by column: the statistics of biases, groups of channels and filters.
#pragma once
#include "common.h"

/// sums[c] += Σ over rows of x[r, c]. Four rows at a time: a quarter of the traffic on `sums`, and pairwise rounding.
INLINE void add_columns(const float* x, float* sums, int rows, int columns) {
  int r = 0;
  for (; r + 4 <= rows; r += 4, x += 4 * (long)columns) {
    const float *x1 = x + columns, *x2 = x1 + columns, *x3 = x2 + columns;
    int c = 0;
    for (; c + 4 <= columns; c += 4) {
      f32x4 four = ADD(ADD(LOAD(x + c), LOAD(x1 + c)), ADD(LOAD(x2 + c), LOAD(x3 + c)));
      STORE(sums + c, ADD(LOAD(sums + c), four));
    }
    for (; c < columns; c++) sums[c] += (x[c] + x1[c]) + (x2[c] + x3[c]);
  }
  for (; r < rows; r++, x += columns) {
    int c = 0;
    for (; c + 4 <= columns; c += 4) STORE(sums + c, ADD(LOAD(sums + c), LOAD(x + c)));
    for (; c < columns; c++) sums[c] += x[c];
  }
}

/// sums[c] += Σ over rows of (x[r, c] - mean[c])².
INLINE void add_squares(const float* x, const float* mean, float* sums, int rows, int columns) {
  for (int r = 0; r < rows; r++, x += columns) {
    int c = 0;
    for (; c + 4 <= columns; c += 4) {
      f32x4 d = SUB(LOAD(x + c), LOAD(mean + c));
      STORE(sums + c, MADD(d, d, LOAD(sums + c)));
    }
    for (; c < columns; c++) sums[c] += (x[c] - mean[c]) * (x[c] - mean[c]);
  }
}

/// plain[c] += Σ dy[r, c] and normed[c] += Σ dy[r, c] · n[r, c], n = (x - mean) · rstd.
INLINE void add_gradient_sums(const float* x, const float* dy, const float* mean, const float* rstd, float* plain,
                              float* normed, int rows, int columns) {
  for (int r = 0; r < rows; r++, x += columns, dy += columns) {
    int c = 0;
    for (; c + 4 <= columns; c += 4) {
      f32x4 n = MUL(SUB(LOAD(x + c), LOAD(mean + c)), LOAD(rstd + c)), d = LOAD(dy + c);
      STORE(plain + c, ADD(LOAD(plain + c), d));
      STORE(normed + c, MADD(d, n, LOAD(normed + c)));
    }
    for (; c < columns; c++) {
      plain[c] += dy[c];
      normed[c] += dy[c] * ((x[c] - mean[c]) * rstd[c]);
    }
  }
}

INLINE void clear(float* x, int size) { __builtin_memset(x, 0, (unsigned)size * sizeof(float)); }
