// The register tile of the matrix products.
#pragma once
#include "pack.h"

/// One 4×8 tile: c (+)= a · b, the columns of four of `a` `as` floats apart, the rows of eight of `b` `bs`. The product
/// starts at 0 and c is added at the end: terms added to a large c one by one would lose their digits.
INLINE void tile(const float* a, const int as, const float* b, int bs, int k, float* c, int ldc, const float* bias,
                 int accumulate) {
  f32x4 c00, c01, c10, c11, c20, c21, c30, c31;
  c00 = c10 = c20 = c30 = bias && !accumulate ? LOAD(bias) : SPLAT(0);
  c01 = c11 = c21 = c31 = bias && !accumulate ? LOAD(bias + 4) : SPLAT(0);
  // Not unrolled: with more loads in flight V8 runs out of the 16 registers of x86-64 and spills, at half the speed.
#pragma clang loop unroll(disable)
  for (int p = 0; p < k; p++, a += as, b += bs) {
    f32x4 b0 = LOAD(b), b1 = LOAD(b + 4), x;
    x = SPLAT_AT(a), c00 = MADD(x, b0, c00), c01 = MADD(x, b1, c01);
    x = SPLAT_AT(a + 1), c10 = MADD(x, b0, c10), c11 = MADD(x, b1, c11);
    x = SPLAT_AT(a + 2), c20 = MADD(x, b0, c20), c21 = MADD(x, b1, c21);
    x = SPLAT_AT(a + 3), c30 = MADD(x, b0, c30), c31 = MADD(x, b1, c31);
  }
  if (accumulate) {
    c00 = ADD(LOAD(c), c00), c01 = ADD(LOAD(c + 4), c01);
    c10 = ADD(LOAD(c + ldc), c10), c11 = ADD(LOAD(c + ldc + 4), c11);
    c20 = ADD(LOAD(c + 2 * ldc), c20), c21 = ADD(LOAD(c + 2 * ldc + 4), c21);
    c30 = ADD(LOAD(c + 3 * ldc), c30), c31 = ADD(LOAD(c + 3 * ldc + 4), c31);
  }
  STORE(c, c00), STORE(c + 4, c01), STORE(c + ldc, c10), STORE(c + ldc + 4, c11);
  STORE(c + 2 * ldc, c20), STORE(c + 2 * ldc + 4, c21), STORE(c + 3 * ldc, c30), STORE(c + 3 * ldc + 4, c31);
}
