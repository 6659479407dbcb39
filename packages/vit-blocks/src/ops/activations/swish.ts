import * as tf from "@tensorflow/tfjs-core";
import { customOp, withGradient } from "kernel-contract";
import { FINITE, requireArguments, TENSOR } from "known-options";

/**
 * Swish: `y = x · σ(beta · x)`, `dy/dx = σ + beta · x · σ · (1 − σ)`. `beta` 1 is SiLU; 1.702 approximates GELU ("quick GELU").
 *
 * Only `x` is saved for the backward pass.
 *
 * @param x - Any shape, float32. Not disposed.
 * @param beta - Factor inside the sigmoid. Default 1.
 * @returns Same shape as `x`, a new tensor owned by the caller.
 * @see Ramachandran et al. 2017, https://arxiv.org/abs/1710.05941; Hendrycks & Gimpel 2016, section 2,
 * https://arxiv.org/abs/1606.08415
 *
 * @example
 * console.log(swish(tf.tensor1d([0, 1])).dataSync()); // [0, 0.7310586]
 */
export function swish<T extends tf.Tensor>(x: T, beta = 1): T {
  requireArguments("swish", { x, beta }, { x: TENSOR, beta: FINITE });
  const gate = (v: tf.Tensor) => tf.sigmoid(beta === 1 ? v : tf.mul(v, beta));
  return customOp([x], (v) =>
    withGradient({
      value: tf.mul(v, gate(v)),
      saved: [v],
      backward: (dy, [kept]) => {
        const s = gate(kept);
        const slope = tf.mul(tf.mul(kept, beta), tf.sub(1, s));
        return [tf.mul(dy, tf.mul(s, tf.add(slope, 1)))];
      },
    }),
  ) as T; // rank unchanged
}
