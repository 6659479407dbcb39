// Elementary functions on four floats at once. Minima and maxima are `pmin` and `pmax`: one instruction on x86-64, where
// `min` and `max` are eight. Both return their first operand where it is NaN.
#pragma once
#include "common.h"

/// e^x within 2 units in the last place; 0 below -86.98, infinity above 88.73; NaN stays NaN.
/// x = n·ln 2 + r in two parts of ln 2, as in Cephes' expf (https://www.netlib.org/cephes/), and a minimax polynomial of
/// 2·e^r on |r| ≤ ln(2) / 2, its relative error 3e-9. The factor 2 keeps 2^(n - 1) a normal number for n = 128 too.
INLINE f32x4 exp4(f32x4 x) {
  // Adding 1.5 · 2^23 rounds to an integer, which is then in the low bits: with 126 more, 2^(n - 1) is one shift away.
  f32x4 rounder = SPLAT(12582912.0f + 126.0f);
  f32x4 most = wasm_f32x4_pmin(x, SPLAT(88.8f));
  f32x4 shifted = MADD(most, SPLAT(1.44269504088896341f), rounder);
  f32x4 n = SUB(shifted, rounder);
  f32x4 r = MADD(n, SPLAT(2.12194440e-4f), MADD(n, SPLAT(-0.693359375f), most));
  f32x4 p = MADD(SPLAT(2.762760054e-3f), r, SPLAT(1.6737510616e-2f));
  p = MADD(p, r, SPLAT(8.333681568e-2f));
  p = MADD(p, r, SPLAT(3.333304052e-1f));
  p = MADD(p, r, SPLAT(9.999998666e-1f));
  p = MADD(p, r, SPLAT(2.0f));
  p = MADD(p, r, SPLAT(2.0f));
  f32x4 y = MUL(p, wasm_i32x4_shl(shifted, 23));
  return wasm_v128_andnot(y, wasm_f32x4_lt(x, SPLAT(-86.98f)));
}

/// 2^x for x < 127.5 within 2 units in the last place; 0 below -126.5; NaN stays NaN. Cheaper than `exp4` where the
/// caller can scale its exponents by log2(e). Minimax polynomial of 2^r on |r| ≤ 1/2, its relative error 2e-9.
INLINE f32x4 exp2_4(f32x4 x) {
  f32x4 rounder = SPLAT(12582912.0f + 127.0f);
  f32x4 least = wasm_f32x4_pmax(x, SPLAT(-127.0f));  // 2^-127 comes out as 0
  f32x4 shifted = ADD(least, rounder);
  f32x4 r = SUB(least, SUB(shifted, rounder));
  f32x4 p = MADD(SPLAT(1.535108783e-4f), r, SPLAT(1.339888839e-3f));
  p = MADD(p, r, SPLAT(9.618444637e-3f));
  p = MADD(p, r, SPLAT(5.550332407e-2f));
  p = MADD(p, r, SPLAT(2.402264788e-1f));
  p = MADD(p, r, SPLAT(6.93147203e-1f));
  p = MADD(p, r, SPLAT(1.0f));
  return MUL(p, wasm_i32x4_shl(shifted, 23));
}

/// The standard normal distribution function Φ(x), relative error under 4e-7 in both tails. `gauss` must be e^(-x²/2).
/// Φ(-z) / e^(-z²/2), z ≥ 0, is smooth and falls like 1 / z: a polynomial in t = 1 / (1 + 0.35·z) without constant
/// term, fitted for the least relative error on 0 ≤ z ≤ 13.5, where it is 3.2e-8.
INLINE f32x4 normal_cdf(f32x4 x, f32x4 gauss) {
  f32x4 z = wasm_v128_and(x, wasm_i32x4_splat(0x7fffffff));
  f32x4 t = DIV(SPLAT(1.0f), MADD(z, SPLAT(0.35f), SPLAT(1.0f)));
  // Even and odd powers apart: two short chains of dependent operations overlap where one long one would not.
  f32x4 t2 = MUL(t, t);
  f32x4 even = MADD(SPLAT(-0.0291258079f), t2, SPLAT(-0.255503853f));
  f32x4 odd = MADD(SPLAT(0.143871919f), t2, SPLAT(0.158928439f));
  even = MADD(even, t2, SPLAT(-0.0229365468f)), odd = MADD(odd, t2, SPLAT(0.105432694f));
  even = MADD(even, t2, SPLAT(0.119852494f)), odd = MADD(odd, t2, SPLAT(0.139859075f));
  even = MADD(even, t2, SPLAT(0.13962157f));
  f32x4 p = MADD(odd, t, even);
  f32x4 tail = MUL(MUL(t, gauss), p);
  return wasm_v128_bitselect(tail, SUB(SPLAT(1.0f), tail), wasm_f32x4_lt(x, SPLAT(0.0f)));
}
