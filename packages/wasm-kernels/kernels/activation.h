// Elementary functions on four floats at once.
#pragma once
#include "common.h"

/// e^x within 2 units in the last place; 0 below -104 (subnormal results are flushed), infinity above 88.8; NaN stays NaN.
/// Range reduction x = n·ln 2 + r and a degree-6 polynomial, as in Cephes' expf (https://www.netlib.org/cephes/).
INLINE f32x4 exp4(f32x4 x) {
  f32x4 clamped = wasm_f32x4_max(wasm_f32x4_min(x, SPLAT(88.8f)), SPLAT(-87.4f));
  f32x4 n = wasm_f32x4_nearest(MUL(clamped, SPLAT(1.44269504088896341f)));
  f32x4 r = MADD(n, SPLAT(-0.693359375f), clamped);
  r = MADD(n, SPLAT(2.12194440e-4f), r);
  f32x4 p = MADD(SPLAT(1.9875691500e-4f), r, SPLAT(1.3981999507e-3f));
  p = MADD(p, r, SPLAT(8.3334519073e-3f));
  p = MADD(p, r, SPLAT(4.1665795894e-2f));
  p = MADD(p, r, SPLAT(1.6666665459e-1f));
  p = MADD(p, r, SPLAT(5.0000001201e-1f));
  p = ADD(MADD(p, MUL(r, r), r), SPLAT(1.0f));
  // 2^n in two factors, so that n = 128 does not overflow before the product does.
  v128_t i = wasm_i32x4_trunc_sat_f32x4(n);
  v128_t half = wasm_i32x4_shr(i, 1);
  v128_t rest = wasm_i32x4_sub(i, half);
  f32x4 f0 = wasm_i32x4_shl(wasm_i32x4_add(half, wasm_i32x4_splat(127)), 23);
  f32x4 f1 = wasm_i32x4_shl(wasm_i32x4_add(rest, wasm_i32x4_splat(127)), 23);
  f32x4 y = MUL(MUL(p, f0), f1);
  return wasm_v128_andnot(y, wasm_f32x4_lt(x, SPLAT(-87.4f)));
}

/// The standard normal distribution function Φ(x) = erfc(-x / √2) / 2, relative error under 3e-7 in both tails.
/// `gauss` must be e^(-x²/2). erfc's Chebyshev fit t·exp(-z² + P(t)), t = 1 / (1 + z/2), is from W. Press et al.,
/// Numerical Recipes, 2nd edition, section 6.2; its own relative error is under 1.2e-7.
INLINE f32x4 normal_cdf(f32x4 x, f32x4 gauss) {
  f32x4 z = MUL(wasm_f32x4_abs(x), SPLAT(0.70710678118654752f));
  f32x4 t = DIV(SPLAT(1.0f), MADD(z, SPLAT(0.5f), SPLAT(1.0f)));
  f32x4 p = MADD(SPLAT(0.17087277f), t, SPLAT(-0.82215223f));
  p = MADD(p, t, SPLAT(1.48851587f));
  p = MADD(p, t, SPLAT(-1.13520398f));
  p = MADD(p, t, SPLAT(0.27886807f));
  p = MADD(p, t, SPLAT(-0.18628806f));
  p = MADD(p, t, SPLAT(0.09678418f));
  p = MADD(p, t, SPLAT(0.37409196f));
  p = MADD(p, t, SPLAT(1.00002368f));
  p = MADD(p, t, SPLAT(-1.26551223f));
  f32x4 tail = MUL(MUL(SPLAT(0.5f), t), MUL(gauss, exp4(p)));
  f32x4 negative = wasm_f32x4_lt(x, SPLAT(0.0f));
  return wasm_v128_bitselect(tail, SUB(SPLAT(1.0f), tail), negative);
}
