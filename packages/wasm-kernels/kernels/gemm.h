// The matrix product that the other kernels build on. See gemm.c.
#pragma once
#include "common.h"

/// A matrix whose element (i, j) is at `data[i * row + j * column]`; one of the two strides is 1.
typedef struct {
  const float* data;
  int row;
  int column;
} Matrix;

/// Floats of scratch memory where a product over a long k is put together, and all that `gemm` needs, whatever the sizes.
#define DEEP_FLOATS (128 * 512)
#define GEMM_SCRATCH (384 * 1024 + 384 * 192 + 4096 + DEEP_FLOATS)

/// c[m, n] (rows `ldc` apart) = a[m, k] · b[k, n] + bias[n], or += when `accumulate`. `bias` may be null.
void gemm(Matrix a, Matrix b, float* c, int ldc, int m, int n, int k, const float* bias, int accumulate,
          float* scratch);
