import { EXPONENTIAL } from "./exponential.ts";

/**
 * The standard normal distribution function Φ(x), its relative error under 4e-7 in both tails as far as `exp` is exact.
 * `gauss` is e^(-x²/2). Φ(-z) / e^(-z²/2), z ≥ 0, is smooth and falls like 1 / z: a polynomial in t = 1 / (1 + 0.35 · z)
 * without constant term, fitted for the least relative error on 0 ≤ z ≤ 13.5 (3.2e-8); the one of `wasm-kernels`.
 */
export const NORMAL_CDF: string = `${EXPONENTIAL}
fn normalCdf(x: f32, gauss: f32) -> f32 {
  let t = 1.0 / (1.0 + 0.35 * abs(x));
  var p = 0.143871919 - 0.0291258079 * t;
  p = p * t - 0.255503853;
  p = p * t + 0.158928439;
  p = p * t - 0.0229365468;
  p = p * t + 0.105432694;
  p = p * t + 0.119852494;
  p = p * t + 0.139859075;
  p = p * t + 0.13962157;
  let tail = t * gauss * p;
  return select(1.0 - tail, tail, x < 0.0);
}
fn geluSlope(x: f32) -> f32 {
  let gauss = exponential(-0.5 * x * x);
  return normalCdf(x, gauss) + x * gauss * 0.3989422804; // 1 / sqrt(2 pi)
}`;
