import * as tf from "@tensorflow/tfjs-core";
import { customOp, type Forward, hasKernel, runKernel, withGradient } from "kernel-contract";

/**
 * The exact Gaussian error linear unit: `y = x · Φ(x)`, `Φ(x) = (1 + erf(x / √2)) / 2`; `dy/dx = Φ(x) + x · φ(x)`.
 *
 * Only `x` is saved for the backward pass. Runs the kernels `Gelu` and `GeluGrad` where the backend has them; a second
 * output of `Gelu` is passed to `GeluGrad` as `kept`.
 *
 * @param x - Any shape, float32. Not disposed.
 * @returns Same shape as `x`, a new tensor owned by the caller.
 * @see Hendrycks & Gimpel 2016, "Gaussian Error Linear Units", https://arxiv.org/abs/1606.08415
 *
 * @example
 * console.log(gelu(tf.tensor1d([0, 1])).dataSync()); // [0, 0.8413447]
 */
export function gelu<T extends tf.Tensor>(x: T): T {
  const forward = hasKernel("Gelu", "GeluGrad") ? withKernel : composite;
  return customOp([x], (v) => forward(v)) as T; // rank unchanged
}

function withKernel(x: tf.Tensor): Forward {
  const [y, ...more] = runKernel("Gelu", { x });
  return withGradient<[x: tf.Tensor, kept?: tf.Tensor]>({
    value: y,
    saved: [x, ...more],
    backward: (dy, [v, kept]) => runKernel("GeluGrad", { x: v, dy, ...(kept && { kept }) }),
  });
}

function composite(x: tf.Tensor): Forward {
  return withGradient({
    value: tf.mul(x, normalCdf(x)),
    saved: [x],
    backward: (dy, [v]) => {
      const density = tf.mul(tf.exp(tf.mul(tf.square(v), -0.5)), 1 / Math.sqrt(2 * Math.PI));
      return [tf.mul(dy, tf.add(normalCdf(v), tf.mul(v, density)))];
    },
  });
}

function normalCdf(x: tf.Tensor): tf.Tensor {
  return tf.mul(tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1), 0.5);
}
