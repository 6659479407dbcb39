import * as tf from "@tensorflow/tfjs-core";
import { customOp } from "kernel-contract";

/**
 * Prepends the same tokens to every sample: x `[batch, tokens, dim]`, each token `[1, 1, dim]` →
 * `[batch, count + tokens, dim]`. Nothing is saved for the backward pass.
 */
export function prependTokens(x: tf.Tensor, tokens: readonly tf.Tensor[]): tf.Tensor {
  return customOp([x, ...tokens], (v, ...each) => {
    const ones = tf.ones([v.shape[0]!, 1, 1]);
    return {
      value: tf.concat([...each.map((token) => tf.mul<tf.Tensor>(ones, token)), v], 1),
      saved: [],
      backward: (dy) => [
        tf.slice(dy, [0, each.length, 0], [-1, -1, -1]),
        ...each.map((_, i) => tf.sum(tf.slice(dy, [0, i, 0], [-1, 1, -1]), 0, true)),
      ],
    };
  });
}
