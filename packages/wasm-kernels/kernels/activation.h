// Elementary functions on four floats at once. Minima and maxima are `pmin` and `pmax`: one instruction on x86-64, where
// `min` and `max` are eight. Both return their first operand where it is NaN.
#pragma once
#include "common.h"

/// What the functions below compute with. From memory V8 spreads a number over a vector in one instruction; a constant of
/// the program takes it three, or seven for 256 bits, at every turn of a loop. V8 of Node 20, which runs the build without
/// fused multiply-add, is faster with constants.
typedef struct {
  float one, minus_half, inverse_sqrt_2pi;
  float log2_e, rounder, ln_2_low, ln_2_high, exp_most, exp_least, exp[6];
  float rounder_2, exp2_least, exp2[7];
  float cdf_scale, cdf_even[5], cdf_odd[4];
} Constants;

/// Adding 1.5 · 2^23 rounds to an integer, which is then in the low bits: with n more, 2^n is one shift away.
#define ROUNDER(n) (12582912.0f + (n))

/// Fills a table, and hides from the compiler what it holds where that is faster.
INLINE const Constants* constants(Constants* k) {
  k->one = 1.0f, k->minus_half = -0.5f, k->inverse_sqrt_2pi = 0.39894228040143268f;
  k->log2_e = 1.44269504088896341f, k->rounder = ROUNDER(126.0f);
  // ln 2 in two parts, as in Cephes' expf (https://www.netlib.org/cephes/).
  k->ln_2_low = 2.12194440e-4f, k->ln_2_high = -0.693359375f;
  k->exp_most = 88.8f, k->exp_least = -86.98f;
  k->exp[0] = 2.762760054e-3f, k->exp[1] = 1.6737510616e-2f, k->exp[2] = 8.333681568e-2f;
  k->exp[3] = 3.333304052e-1f, k->exp[4] = 9.999998666e-1f, k->exp[5] = 2.0f;
  k->rounder_2 = ROUNDER(127.0f), k->exp2_least = -127.0f;
  k->exp2[0] = 1.535108783e-4f, k->exp2[1] = 1.339888839e-3f, k->exp2[2] = 9.618444637e-3f;
  k->exp2[3] = 5.550332407e-2f, k->exp2[4] = 2.402264788e-1f, k->exp2[5] = 6.93147203e-1f, k->exp2[6] = 1.0f;
  k->cdf_scale = 0.35f;
  k->cdf_even[0] = -0.0291258079f, k->cdf_even[1] = -0.255503853f, k->cdf_even[2] = -0.0229365468f;
  k->cdf_even[3] = 0.119852494f, k->cdf_even[4] = 0.13962157f;
  k->cdf_odd[0] = 0.143871919f, k->cdf_odd[1] = 0.158928439f, k->cdf_odd[2] = 0.105432694f, k->cdf_odd[3] = 0.139859075f;
  const Constants* hidden = k;
#ifdef __wasm_relaxed_simd__
  __asm__("" : "+r"(hidden) : : "memory");
#endif
  return hidden;
}

/// A constant in all lanes.
#define K(name) SPLAT_AT(&k->name)

/// e^x within 2 units in the last place; 0 below -86.98, infinity above 88.73; NaN stays NaN.
/// x = n·ln 2 + r, and a minimax polynomial of 2·e^r on |r| ≤ ln(2) / 2, its relative error 3e-9. The factor 2 keeps
/// 2^(n - 1) a normal number for n = 128 too.
INLINE f32x4 exp4(f32x4 x, const Constants* k) {
  f32x4 most = wasm_f32x4_pmin(x, K(exp_most));
  f32x4 shifted = MADD(most, K(log2_e), K(rounder));
  f32x4 n = SUB(shifted, K(rounder));
  f32x4 r = MADD(n, K(ln_2_low), MADD(n, K(ln_2_high), most));
  f32x4 p = MADD(K(exp[0]), r, K(exp[1]));
  p = MADD(p, r, K(exp[2]));
  p = MADD(p, r, K(exp[3]));
  p = MADD(p, r, K(exp[4]));
  p = MADD(p, r, K(exp[5]));
  p = MADD(p, r, K(exp[5]));
  f32x4 y = MUL(p, wasm_i32x4_shl(shifted, 23));
  return wasm_v128_andnot(y, wasm_f32x4_lt(x, K(exp_least)));
}

/// 2^x for x < 127.5 within 2 units in the last place; 0 below -126.5; NaN stays NaN. Cheaper than `exp4` where the
/// caller can scale its exponents by log2(e). Minimax polynomial of 2^r on |r| ≤ 1/2, its relative error 2e-9.
INLINE f32x4 exp2_4(f32x4 x, const Constants* k) {
  f32x4 least = wasm_f32x4_pmax(x, K(exp2_least));  // 2^-127 comes out as 0
  f32x4 shifted = ADD(least, K(rounder_2));
  f32x4 r = SUB(least, SUB(shifted, K(rounder_2)));
  f32x4 p = MADD(K(exp2[0]), r, K(exp2[1]));
  p = MADD(p, r, K(exp2[2]));
  p = MADD(p, r, K(exp2[3]));
  p = MADD(p, r, K(exp2[4]));
  p = MADD(p, r, K(exp2[5]));
  p = MADD(p, r, K(exp2[6]));
  return MUL(p, wasm_i32x4_shl(shifted, 23));
}

/// The standard normal distribution function Φ(x), relative error under 4e-7 in both tails. `gauss` must be e^(-x²/2).
/// Φ(-z) / e^(-z²/2), z ≥ 0, is smooth and falls like 1 / z: a polynomial in t = 1 / (1 + 0.35·z) without constant
/// term, fitted for the least relative error on 0 ≤ z ≤ 13.5, where it is 3.2e-8.
INLINE f32x4 normal_cdf(f32x4 x, f32x4 gauss, const Constants* k) {
  f32x4 z = wasm_f32x4_abs(x);
  f32x4 t = DIV(K(one), MADD(z, K(cdf_scale), K(one)));
  // Even and odd powers apart: two short chains of dependent operations overlap where one long one would not.
  f32x4 t2 = MUL(t, t);
  f32x4 even = MADD(K(cdf_even[0]), t2, K(cdf_even[1]));
  f32x4 odd = MADD(K(cdf_odd[0]), t2, K(cdf_odd[1]));
  even = MADD(even, t2, K(cdf_even[2])), odd = MADD(odd, t2, K(cdf_odd[2]));
  even = MADD(even, t2, K(cdf_even[3])), odd = MADD(odd, t2, K(cdf_odd[3]));
  even = MADD(even, t2, K(cdf_even[4]));
  f32x4 p = MADD(odd, t, even);
  f32x4 tail = MUL(MUL(t, gauss), p);
  return wasm_v128_bitselect(tail, SUB(K(one), tail), wasm_f32x4_lt(x, SPLAT(0.0f)));
}
