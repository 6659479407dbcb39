import type { Interval } from "./significance.ts";

/** Upper end of the two-sided 95%. */
const P = 0.975;
const STEPS = 200;

/**
 * Student's 95% interval of the mean of few independent values, such as one difference a seed.
 *
 * @param values - At least two.
 * @see Student 1908, "The probable error of a mean"
 */
export function tInterval(values: readonly number[]): Interval {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const half = tQuantile(n - 1) * Math.sqrt(variance / n);
  return { low: mean - half, high: mean + half };
}

/** The 97.5% quantile of Student's distribution. */
export function tQuantile(degrees: number): number {
  let [low, high] = [0, Math.PI / 2];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (below(middle, degrees) < P) low = middle;
    else high = middle;
  }
  return Math.sqrt(degrees) * Math.tan(low);
}

/** Probability below `√v · tan(angle)`: `1/2 + c ∫ cos^(v−1)` from 0 to the angle, by Simpson's rule. */
function below(angle: number, v: number): number {
  let sum = 0;
  for (let i = 0; i <= STEPS; i++) {
    const weight = i === 0 || i === STEPS ? 1 : i % 2 === 0 ? 2 : 4;
    sum += weight * Math.cos((angle * i) / STEPS) ** (v - 1);
  }
  return 0.5 + (gammaRatio(v) / Math.sqrt(Math.PI)) * ((sum * angle) / STEPS / 3);
}

/** `Γ((v + 1) / 2) / Γ(v / 2)`. */
function gammaRatio(v: number): number {
  let ratio = v % 2 === 1 ? 1 / Math.sqrt(Math.PI) : Math.sqrt(Math.PI) / 2;
  for (let k = v % 2 === 1 ? 3 : 4; k <= v; k += 2) ratio *= (k - 1) / (k - 2);
  return ratio;
}
