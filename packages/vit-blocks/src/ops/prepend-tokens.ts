import * as tf from "@tensorflow/tfjs-core";
import { customOp } from "kernel-contract";

/**
 * Prepends the same tokens to every sample: x `[batch, tokens, dim]`, each of `prefixes` `[1, count, dim]` →
 * `[batch, counts + tokens, dim]`. Nothing is saved for the backward pass.
 */
export function prependTokens(x: tf.Tensor, prefixes: readonly tf.Tensor[]): tf.Tensor {
  const counts = prefixes.map(({ shape }) => shape[1]!);
  const total = counts.reduce((sum, count) => sum + count, 0);
  return customOp([x, ...prefixes], (v, ...each) => {
    const ones = tf.ones([v.shape[0]!, 1, 1]);
    return {
      value: tf.concat([...each.map((tokens) => tf.mul<tf.Tensor>(ones, tokens)), v], 1),
      saved: [],
      backward: (dy) => {
        let at = 0;
        const own = counts.map((count) => {
          const part = tf.slice(dy, [0, at, 0], [-1, count, -1]);
          at += count;
          return tf.sum(part, 0, true);
        });
        return [tf.slice(dy, [0, total, 0], [-1, -1, -1]), ...own];
      },
    };
  });
}
