// The order in which the register tile reads its operands. See pack.c and tile.h.
#pragma once
#include "gemm.h"

/// Rows and columns of the register tile.
#if BITS == 256
enum { MR = 6, NR = 16 };
#else
enum { MR = 4, NR = 8 };
#endif

/// `a` packed by `rows` rows: one block [k][rows] after the other, what fills up the last one has no meaning. Where `rows` is
/// not a multiple of four, up to three floats after the last block are overwritten.
void pack_a(float* dst, Matrix a, int m, int k, int rows);

/// NR columns of `b`, the first at `src`; of the last panel `n`, and others that have no meaning: [k][NR].
void pack_b_panel(float* dst, const float* src, Matrix b, int n, int k);

/// All `n` columns of `b`: one panel [k][NR] after the other.
void pack_b(float* dst, Matrix b, int n, int k);

/// Stores the transpose of the 4×4 matrix with the rows a, b, c, d, its rows `stride` apart.
INLINE void store_transposed(f32x4 a, f32x4 b, f32x4 c, f32x4 d, float* to, int stride) {
  f32x4 ab_lo = wasm_i32x4_shuffle(a, b, 0, 4, 1, 5), ab_hi = wasm_i32x4_shuffle(a, b, 2, 6, 3, 7);
  f32x4 cd_lo = wasm_i32x4_shuffle(c, d, 0, 4, 1, 5), cd_hi = wasm_i32x4_shuffle(c, d, 2, 6, 3, 7);
  STORE(to, wasm_i64x2_shuffle(ab_lo, cd_lo, 0, 2));
  STORE(to + stride, wasm_i64x2_shuffle(ab_lo, cd_lo, 1, 3));
  STORE(to + 2 * stride, wasm_i64x2_shuffle(ab_hi, cd_hi, 0, 2));
  STORE(to + 3 * stride, wasm_i64x2_shuffle(ab_hi, cd_hi, 1, 3));
}
