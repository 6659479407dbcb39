// Sums over the rows of a matrix, column by column: the statistics of biases, groups of channels and filters.
// Float32 over a block of rows, float64 over the blocks.
#pragma once
#include "common.h"

/// Rows of a block, and columns of a strip: what is added up at a time.
enum { BLOCK = 64, STRIP = 512 };

INLINE void clear(float* x, int size) { __builtin_memset(x, 0, (unsigned)size * sizeof(float)); }

/// Where a matrix [rows, columns] is read, and what its columns' terms are made of; null where a sum needs none.
typedef struct {
  const float *x, *dy, *mean, *rstd;
  int columns;
} Columns;

/// Adds the terms of some rows and the first `count` columns to one sum per column, or to two.
typedef void AddTerms(Columns in, float* sums, float* others, int rows, int count);

INLINE void add_totals(double* totals, float* sums, int count) {
  for (int c = 0; c < count; c++) sums[c] = (float)(sums[c] + totals[c]);
}

INLINE void add_in_blocks(AddTerms* add, Columns in, float* sums, float* others, int rows) {
  if (rows <= BLOCK) {
    add(in, sums, others, rows, in.columns);
    return;
  }
  for (int first = 0; first < in.columns; first += STRIP) {
    int count = in.columns - first < STRIP ? in.columns - first : STRIP;
    float block[2][STRIP];
    double totals[2][STRIP];
    __builtin_memset(totals, 0, sizeof totals);
    for (int r = 0; r < rows; r += BLOCK) {
      int at = r * in.columns + first;
      Columns part = {in.x + at, in.dy ? in.dy + at : 0, in.mean ? in.mean + first : 0, in.rstd ? in.rstd + first : 0,
                      in.columns};
      clear(block[0], count);
      clear(block[1], count);
      add(part, block[0], block[1], rows - r < BLOCK ? rows - r : BLOCK, count);
      for (int c = 0; c < count; c++) totals[0][c] += block[0][c];
      if (others) {
        for (int c = 0; c < count; c++) totals[1][c] += block[1][c];
      }
    }
    add_totals(totals[0], sums + first, count);
    if (others) add_totals(totals[1], others + first, count);
  }
}

INLINE void plain_terms(Columns in, float* sums, float* others, int rows, int count) {
  (void)others;
  const float* x = in.x;
  int r = 0;
  for (; r + 4 <= rows; r += 4, x += 4 * (long)in.columns) {
    const float *x1 = x + in.columns, *x2 = x1 + in.columns, *x3 = x2 + in.columns;
    int c = 0;
    for (; c + 4 <= count; c += 4) {
      f32x4 four = ADD(ADD(LOAD(x + c), LOAD(x1 + c)), ADD(LOAD(x2 + c), LOAD(x3 + c)));
      STORE(sums + c, ADD(LOAD(sums + c), four));
    }
    for (; c < count; c++) sums[c] += (x[c] + x1[c]) + (x2[c] + x3[c]);
  }
  for (; r < rows; r++, x += in.columns) {
    int c = 0;
    for (; c + 4 <= count; c += 4) STORE(sums + c, ADD(LOAD(sums + c), LOAD(x + c)));
    for (; c < count; c++) sums[c] += x[c];
  }
}

INLINE void squared_terms(Columns in, float* sums, float* others, int rows, int count) {
  (void)others;
  const float *x = in.x, *mean = in.mean;
  for (int r = 0; r < rows; r++, x += in.columns) {
    int c = 0;
    for (; c + 4 <= count; c += 4) {
      f32x4 d = SUB(LOAD(x + c), LOAD(mean + c));
      STORE(sums + c, MADD(d, d, LOAD(sums + c)));
    }
    for (; c < count; c++) sums[c] += (x[c] - mean[c]) * (x[c] - mean[c]);
  }
}

INLINE void gradient_terms(Columns in, float* plain, float* normed, int rows, int count) {
  const float *x = in.x, *dy = in.dy, *mean = in.mean, *rstd = in.rstd;
  for (int r = 0; r < rows; r++, x += in.columns, dy += in.columns) {
    int c = 0;
    for (; c + 4 <= count; c += 4) {
      f32x4 n = MUL(SUB(LOAD(x + c), LOAD(mean + c)), LOAD(rstd + c)), d = LOAD(dy + c);
      STORE(plain + c, ADD(LOAD(plain + c), d));
      STORE(normed + c, MADD(d, n, LOAD(normed + c)));
    }
    for (; c < count; c++) {
      plain[c] += dy[c];
      normed[c] += dy[c] * ((x[c] - mean[c]) * rstd[c]);
    }
  }
}

/// sums[c] += Σ over rows of x[r, c]. Four rows at a time: a quarter of the traffic on `sums`, and pairwise rounding.
INLINE void add_columns(const float* x, float* sums, int rows, int columns) {
  add_in_blocks(plain_terms, (Columns){.x = x, .columns = columns}, sums, 0, rows);
}

/// sums[c] += Σ over rows of (x[r, c] - mean[c])².
INLINE void add_squares(const float* x, const float* mean, float* sums, int rows, int columns) {
  add_in_blocks(squared_terms, (Columns){.x = x, .mean = mean, .columns = columns}, sums, 0, rows);
}

/// plain[c] += Σ dy[r, c] and normed[c] += Σ dy[r, c] · n[r, c], n = (x - mean) · rstd.
INLINE void add_gradient_sums(const float* x, const float* dy, const float* mean, const float* rstd, float* plain,
                              float* normed, int rows, int columns) {
  add_in_blocks(gradient_terms, (Columns){x, dy, mean, rstd, columns}, plain, normed, rows);
}
