import * as tf from "@tensorflow/tfjs-core";
import { customOp, withGradient } from "kernel-contract";
import { requireArguments, TENSOR } from "known-options";

const SCALE = Math.sqrt(2 / Math.PI);
const CUBIC = 0.044715;

/**
 * GELU's approximation by tanh: `y = x / 2 · (1 + tanh(√(2/π) · (x + 0.044715 x³)))`, at most 5e-4 from the exact {@link gelu}.
 *
 * Only `x` is saved for the backward pass.
 *
 * @param x - Any shape, float32. Not disposed.
 * @returns Same shape as `x`, a new tensor owned by the caller.
 * @see Hendrycks & Gimpel 2016, section 2, https://arxiv.org/abs/1606.08415
 *
 * @example
 * console.log(geluTanh(tf.tensor1d([0, 1])).dataSync()); // [0, 0.8411920]
 */
export function geluTanh<T extends tf.Tensor>(x: T): T {
  requireArguments("geluTanh", { x }, { x: TENSOR });
  return customOp([x], (v) =>
    withGradient({
      value: tf.mul(tf.mul(v, 0.5), tf.add(inner(v), 1)),
      saved: [v],
      backward: (dy, [kept]) => {
        const t = inner(kept);
        const slope = tf.mul(tf.add(tf.mul(tf.square(kept), 3 * CUBIC), 1), SCALE); // of the argument of tanh
        const curved = tf.mul(tf.mul(kept, slope), tf.sub(1, tf.square(t)));
        return [tf.mul(dy, tf.mul(tf.add(tf.add(t, 1), curved), 0.5))];
      },
    }),
  ) as T; // rank unchanged
}

/** `tanh(√(2/π) · (x + 0.044715 x³))`. */
function inner(x: tf.Tensor): tf.Tensor {
  return tf.tanh(tf.mul(tf.mul(x, SCALE), tf.add(tf.mul(tf.square(x), CUBIC), 1)));
}
