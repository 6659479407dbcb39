import * as tf from "@tensorflow/tfjs-core";
import { customOp } from "kernel-contract";

/** Mean of the tokens from index `from` on: `[batch, tokens, dim]` → `[batch, dim]`. Nothing is saved for the backward pass. */
export function tokenMean(x: tf.Tensor, from: number): tf.Tensor {
  const [batch, tokens, dim] = x.shape as [number, number, number];
  return customOp([x], (v) => ({
    value: tf.mean(tf.slice(v, [0, from, 0], [-1, -1, -1]), 1),
    saved: [],
    backward: (dy) => {
      const count = tokens - from;
      const share = tf.reshape(tf.div(dy, count), [batch, 1, dim]);
      const zeros = from === 0 ? [] : [tf.zeros([batch, from, dim])];
      return [tf.concat([...zeros, tf.mul<tf.Tensor>(tf.ones([1, count, 1]), share)], 1)];
    },
  }));
}
