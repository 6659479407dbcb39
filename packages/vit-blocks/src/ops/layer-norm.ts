import * as tf from "@tensorflow/tfjs-core";
import { customOp, type Forward, hasKernel, runKernel, withGradient } from "kernel-contract";
import { requireArguments, TENSOR } from "known-options";

/**
 * Layer normalization over the last axis: `y = (x − mean) · rstd · gamma + beta`, `rstd = 1 / sqrt(variance + epsilon)`
 * with the biased variance.
 *
 * `x`, `gamma` and one mean and `rstd` per row are saved for the backward pass. Runs the kernels `LayerNorm` and
 * `LayerNormGrad` where the backend has them.
 *
 * @param x - `[..., dim]`, float32, rank ≥ 1. Not disposed.
 * @param gamma - `[dim]`. Not disposed.
 * @param beta - `[dim]`. Not disposed.
 * @param epsilon - Constant added to the variance, > 0. Default 1e-6.
 * @returns Same shape as `x`, a new tensor owned by the caller.
 * @throws RangeError if `gamma` or `beta` is not `[dim]`, or `epsilon` is not positive.
 * @see Ba et al. 2016, "Layer Normalization", https://arxiv.org/abs/1607.06450
 *
 * @example
 * console.log(layerNorm(tf.tensor2d([[1, 3]]), tf.ones([2]), tf.zeros([2])).dataSync()); // [-1.00000, 1.00000]
 */
export function layerNorm<T extends tf.Tensor>(x: T, gamma: tf.Tensor, beta: tf.Tensor, epsilon = 1e-6): T {
  requireArguments("layerNorm", { x, gamma, beta }, { x: TENSOR, gamma: TENSOR, beta: TENSOR });
  const dim = x.shape.at(-1) ?? 0;
  for (const [name, { shape }] of Object.entries({ gamma, beta })) {
    if (shape.length !== 1 || shape[0] !== dim) {
      throw new RangeError(`layerNorm: ${name} must be [${dim}] for x [${x.shape}], got [${shape}]`);
    }
  }
  if (!(epsilon > 0)) throw new RangeError(`layerNorm: epsilon must be > 0, got ${epsilon}`);
  const forward = hasKernel("LayerNorm", "LayerNormGrad") ? withKernel : composite;
  return customOp([x, gamma, beta], (v, g, b) => forward(v, g, b, epsilon)) as T; // rank unchanged
}

function withKernel(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): Forward {
  const [y, mean, rstd] = runKernel("LayerNorm", { x, gamma, beta }, { epsilon });
  return withGradient({
    value: y,
    saved: [x, gamma, mean, rstd],
    backward: (dy, [v, g, m, r]) => runKernel("LayerNormGrad", { x: v, gamma: g, mean: m, rstd: r, dy }),
  });
}

function composite(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number): Forward {
  const rows = asRows(x);
  const mean = tf.mean(rows, 1, true); // [rows, 1]
  const centered = tf.sub(rows, mean);
  const rstd = tf.rsqrt(tf.add(tf.mean(tf.square(centered), 1, true), epsilon)); // [rows, 1]
  const y = tf.add(tf.mul(tf.mul(centered, rstd), gamma), beta);
  return withGradient({
    value: tf.reshape(y, x.shape),
    saved: [x, gamma, mean, rstd],
    backward: (dy, [v, g, m, r]) => {
      const dyRows = asRows(dy);
      const normed = tf.mul(tf.sub(asRows(v), m), r);
      const dNormed = tf.mul(dyRows, g);
      const along = tf.mul(normed, tf.mean(tf.mul(dNormed, normed), 1, true));
      const dx = tf.mul(r, tf.sub(tf.sub(dNormed, tf.mean(dNormed, 1, true)), along));
      return [tf.reshape(dx, v.shape), tf.sum(tf.mul(dyRows, normed), 0), tf.sum(dyRows, 0)];
    },
  });
}

function asRows(x: tf.Tensor): tf.Tensor2D {
  const dim = x.shape.at(-1)!;
  return tf.reshape(x, [x.size / dim, dim]);
}
