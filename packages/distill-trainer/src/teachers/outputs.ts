import * as tf from "@tensorflow/tfjs-core";
import { oneOf, requireOptions } from "known-options";

/**
 * What a classifier's output holds: logits, probabilities that sum to 1 (a softmax), or a probability for each class by itself
 * (a sigmoid).
 */
export type ModelOutputs = "logits" | "probabilities" | "sigmoid";

/** The smallest normal float32: what an underflowed probability counts as, a logit of -87.3. */
const LEAST = 2 ** -126;
/** The float32 below 1: what a saturated sigmoid counts as, a logit of 16.6. */
const MOST = 1 - 2 ** -24;

/**
 * Logits that give a model's probabilities back: `log p` of a softmax's output, up to a constant in each row its own logits;
 * `log p − log(1 − p)` of a sigmoid's, its own logits.
 *
 * float32 loses what a softmax underflowed (below 2^-126, a logit of −87.3) and where a sigmoid saturated (logits beyond −87.3 and
 * 16.6): those count as the last value that it can tell.
 *
 * @param raw - Any shape, float32. Not disposed.
 * @returns The same shape; owned by the caller.
 * @throws RangeError if `outputs` is none of the three.
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
