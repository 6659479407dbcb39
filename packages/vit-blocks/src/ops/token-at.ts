import * as tf from "@tensorflow/tfjs-core";
import { customOp } from "kernel-contract";

/** Returns one token of every sample: `[batch, tokens, dim]` → `[batch, dim]`. Nothing is saved for the backward pass. */
export function tokenAt(x: tf.Tensor, index: number): tf.Tensor {
  const [batch, tokens, dim] = x.shape as [number, number, number];
  return customOp([x], (v) => ({
    value: tf.reshape(tf.slice(v, [0, index, 0], [-1, 1, -1]), [batch, dim]),
    saved: [],
    backward: (dy) => {
      const own = tf.reshape(dy, [batch, 1, dim]);
      return [
        tf.pad(own, [
          [0, 0],
          [index, tokens - 1 - index],
          [0, 0],
        ]),
      ];
    },
  }));
}
