import * as tf from "@tensorflow/tfjs-core";
import { customOp, type Forward, hasKernel, runKernel, withGradient } from "kernel-contract";
import { requireArguments, TENSOR } from "known-options";

/**
 * Weight standardization: `y = (w − mean) / sqrt(variance + epsilon)`, mean and biased variance over all axes except the
 * output channels.
 *
 * `w` and two numbers per channel are saved for the backward pass. Runs the kernels `WeightStandardize` and
 * `WeightStandardizeGrad` where the backend has them.
 *
 * @param w - A filter, `[height, width, in, out]`, float32 (any shape that ends in `out`, rank ≥ 2). Not disposed.
 * @param epsilon - Constant added to the variance, > 0. Default 1e-10, as Google's BiT; timm has 1e-8.
 * @returns Same shape as `w`, a new tensor owned by the caller.
 * @throws RangeError if `w` has fewer than two axes or `epsilon` is not positive.
 * @see Qiao et al. 2019, https://arxiv.org/abs/1903.10520; https://github.com/google-research/big_transfer
 *
 * @example
 * console.log(weightStandardize(tf.tensor4d([1, 3], [1, 2, 1, 1])).dataSync()); // [-1, 1]
 */
export function weightStandardize<T extends tf.Tensor>(w: T, epsilon = 1e-10): T {
  requireArguments("weightStandardize", { w }, { w: TENSOR });
  if (w.rank < 2) throw new RangeError(`weightStandardize: w must be [..., in, out], got [${w.shape}]`);
  if (!(epsilon > 0)) throw new RangeError(`weightStandardize: epsilon must be > 0, got ${epsilon}`);
  const forward = hasKernel("WeightStandardize", "WeightStandardizeGrad") ? withKernel : composite;
  return customOp([w], (v) => forward(v, epsilon)) as T; // rank unchanged
}

function withKernel(w: tf.Tensor, epsilon: number): Forward {
  const [y, mean, rstd] = runKernel("WeightStandardize", { w }, { epsilon });
  return withGradient({
    value: y,
    saved: [w, mean, rstd],
    backward: (dy, [v, m, r]) => runKernel("WeightStandardizeGrad", { w: v, mean: m, rstd: r, dy }),
  });
}

function composite(w: tf.Tensor, epsilon: number): Forward {
  const axes = w.shape.slice(0, -1).map((_, axis) => axis);
  const mean = tf.mean(w, axes); // [out]
  const centered = tf.sub(w, mean);
  const rstd = tf.rsqrt(tf.add(tf.mean(tf.square(centered), axes), epsilon)); // [out]
  return withGradient({
    value: tf.mul(centered, rstd),
    saved: [w, mean, rstd],
    backward: (dy, [v, m, r]) => {
      const normed = tf.mul(tf.sub(v, m), r);
      const along = tf.mul(normed, tf.mean(tf.mul(dy, normed), axes));
      return [tf.mul(r, tf.sub(tf.sub(dy, tf.mean(dy, axes)), along))];
    },
  });
}
