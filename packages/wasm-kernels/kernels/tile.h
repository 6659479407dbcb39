// The register tile of the matrix products.
#pragma once
#include "pack.h"

/// One tile of `rows` × 4·`vectors`: c (+)= a · b, the columns of `rows` of `a` `as` floats apart, the rows of `b` `bs`. The
/// product starts at 0 and c is added at the end: terms added to a large c one by one would lose their digits.
INLINE void tile(const float* a, const int as, const float* b, const int bs, const int rows, const int vectors, int k,
                 float* c, int ldc, const float* bias, int accumulate) {
  f32x4 sum[MR][NR / 4];
  UNROLL for (int v = 0; v < vectors; v++) {
    f32x4 first = bias && !accumulate ? LOAD(bias + 4 * v) : SPLAT(0);
    UNROLL for (int i = 0; i < rows; i++) sum[i][v] = first;
  }
  // Not unrolled: with more loads in flight V8 runs out of the 16 registers of x86-64 and spills, at half the speed.
#pragma clang loop unroll(disable)
  for (int p = 0; p < k; p++, a += as, b += bs) {
    f32x4 y[NR / 4];
    UNROLL for (int v = 0; v < vectors; v++) y[v] = LOAD(b + 4 * v);
    UNROLL for (int i = 0; i < rows; i++) {
      f32x4 x = SPLAT_AT(a + i);
      UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = MADD(x, y[v], sum[i][v]);
    }
  }
  UNROLL for (int i = 0; i < rows; i++, c += ldc) {
    if (accumulate) {
      UNROLL for (int v = 0; v < vectors; v++) sum[i][v] = ADD(LOAD(c + 4 * v), sum[i][v]);
    }
    LOADED;
    UNROLL for (int v = 0; v < vectors; v++) STORE(c + 4 * v, sum[i][v]);
  }
}
