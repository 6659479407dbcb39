// Sums over the rows of a matrix, column by column: the statistics of biases, groups of channels and filters. See columns.c.
#pragma once
#include "common.h"

INLINE void clear(float* x, int size) { __builtin_memset(x, 0, (unsigned)size * sizeof(float)); }

/// sums[c] += Σ over rows of x[r, c].
void add_columns(const float* x, float* sums, int rows, int columns);

/// sums[c] += Σ over rows of (x[r, c] - mean[c])².
void add_squares(const float* x, const float* mean, float* sums, int rows, int columns);

/// plain[c] += Σ dy[r, c] and normed[c] += Σ dy[r, c] · n[r, c], n = (x - mean) · rstd.
void add_gradient_sums(const float* x, const float* dy, const float* mean, const float* rstd, float* plain,
                       float* normed, int rows, int columns);

/// totals (+)= block: float32 sums of a block of rows into float64 ones.
void add_block(double* totals, const float* block, int count, int add);

/// sums += totals, rounded once.
void add_totals(const double* totals, float* sums, int count);
