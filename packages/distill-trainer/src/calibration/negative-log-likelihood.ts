import { optional, POSITIVE, requireOptions } from "known-options";
import { type LabeledLogits, requireLabeledLogits } from "./labeled-logits.ts";

/** Options of {@link negativeLogLikelihood}. */
export interface NegativeLogLikelihoodOptions {
  /** Logits are divided by it. Default 1. */
  readonly temperature?: number;
}

/**
 * Computes the mean negative log-likelihood of the labels: `mean(−log softmax(logits / temperature)[label])`, in float64.
 *
 * @throws TypeError for an unknown option. RangeError if one is out of range, or logits and labels do not fit together.
 *
 * @example
 * const nll = negativeLogLikelihood({ logits: [2, 0, 0, 2], labels: [0, 0], classes: 2 });
 * console.log(nll.toFixed(4)); // 1.1269: the mean of 0.1269 and 2.1269
 */
export function negativeLogLikelihood(
  labeled: LabeledLogits,
  options: NegativeLogLikelihoodOptions = {},
): number {
  const { temperature = 1 } = requireOptions("negativeLogLikelihood", options, {
    temperature: optional(POSITIVE),
  });
  requireLabeledLogits("negativeLogLikelihood", labeled);
  return likelihoodAt(labeled, 1 / temperature).value;
}

/** Value, slope and curvature of the mean negative log-likelihood as a function of β = 1 / temperature. It is convex. */
export interface Likelihood {
  readonly value: number;
  /** Mean of `E[z] − z[label]`, where `E` is over `softmax(β z)`. */
  readonly slope: number;
  /** Mean variance of `z`. */
  readonly curvature: number;
}

/** The {@link Likelihood} of labeled logits at β. */
export function likelihoodAt({ logits, labels, classes }: LabeledLogits, beta: number): Likelihood {
  let [value, slope, curvature] = [0, 0, 0];
  for (let row = 0; row < labels.length; row++) {
    const start = row * classes;
    let largest = Number.NEGATIVE_INFINITY;
    for (let i = start; i < start + classes; i++) largest = Math.max(largest, logits[i]!);
    let [sum, first, second] = [0, 0, 0]; // of e^(β(z − largest)), times z − largest, times its square
    for (let i = start; i < start + classes; i++) {
      const z = logits[i]! - largest;
      const share = Math.exp(beta * z);
      sum += share;
      first += share * z;
      second += share * z * z;
    }
    const own = logits[start + labels[row]!]! - largest;
    const mean = first / sum;
    value += Math.log(sum) - beta * own;
    slope += mean - own;
    curvature += second / sum - mean * mean;
  }
  const count = labels.length;
  return { value: value / count, slope: slope / count, curvature: curvature / count };
}
