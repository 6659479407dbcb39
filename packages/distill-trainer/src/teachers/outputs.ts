import * as tf from "@tensorflow/tfjs-core";
import { oneOf, requireOptions } from "known-options";

/**
 * Kind of a classifier's outputs: logits, probabilities that sum to 1 (a softmax), or independent probabilities of each class
 * (a sigmoid).
 */
export type ModelOutputs = "logits" | "probabilities" | "sigmoid";

/** Smallest probability, the smallest normal float32: a logit of -87.3. */
const LEAST = 2 ** -126;
/** Largest probability of a sigmoid, the float32 below 1: a logit of 16.6. */
const MOST = 1 - 2 ** -24;

/**
 * Converts a model's outputs to logits: `log p` for a softmax, equal to its logits up to a constant per row;
 * `log p − log(1 − p)` for a sigmoid.
 *
 * Probabilities that underflowed or saturated in float32 are clamped: below 2^-126 (a logit of −87.3), and for a sigmoid above
 * 1 − 2^-24 (16.6).
 *
 * @param raw - Any shape, float32. Not disposed.
 * @returns The same shape; owned by the caller.
 * @throws RangeError if `outputs` is not a {@link ModelOutputs}.
 *
 * @example
 * console.log(toLogits(tf.tensor1d([1, 0]), "probabilities").arraySync()); // [0, -87.34]
 */
export function toLogits<T extends tf.Tensor>(raw: T, outputs: ModelOutputs): T {
  requireOptions("toLogits", { outputs }, { outputs: oneOf("logits", "probabilities", "sigmoid") });
  return tf.tidy(() => {
    if (outputs === "logits") return tf.clone(raw);
    const p = tf.maximum(raw, LEAST);
    if (outputs === "probabilities") return tf.log(p) as T;
    const below = tf.minimum(p, MOST);
    return tf.sub(tf.log(below), tf.log(tf.sub(1, below))) as T;
  });
}
