import * as tf from "@tensorflow/tfjs-core";
import { customOp, type Forward, hasKernel, runKernel } from "kernel-op";

/**
 * Softmax of scaled numbers over the last axis: `y = exp(scale · x) / Σ exp(scale · x)`, in the shifted form that does
 * not overflow; `dx = scale · y · (dy − Σ dy · y)`.
 *
 * Only the result is kept for the backward pass. Runs the kernels `ScaledSoftmax` and `ScaledSoftmaxGrad` where the
 * backend has them.
 *
 * @param x - `[..., dim]`, float32, rank ≥ 1. Not disposed.
 * @param scale - Multiplies `x` first; in attention `1 / sqrt(headDim)`. Default 1.
 * @returns Same shape as `x`, a new tensor owned by the caller.
 * @throws RangeError if `x` is a scalar.
 * @see Vaswani et al. 2017, equation 1, https://arxiv.org/abs/1706.03762
 *
 * @example
 * console.log(scaledSoftmax(tf.tensor1d([0, Math.log(9)]), 0.5).dataSync()); // [0.25, 0.75]
 */
export function scaledSoftmax<T extends tf.Tensor>(x: T, scale = 1): T {
  if (x.rank < 1) throw new RangeError(`scaledSoftmax: x must be [..., dim], got [${x.shape}]`);
  const forward = hasKernel("ScaledSoftmax", "ScaledSoftmaxGrad") ? withKernel : composite;
  return customOp([x], (v) => forward(v!, scale)) as T; // rank unchanged
}

function withKernel(x: tf.Tensor, scale: number): Forward {
  const y = runKernel("ScaledSoftmax", { x }, { scale })[0]!;
  return {
    value: y,
    saved: [y],
    backward: (dy, [kept]) => runKernel("ScaledSoftmaxGrad", { y: kept!, dy }, { scale }),
  };
}

function composite(x: tf.Tensor, scale: number): Forward {
  const y = tf.softmax(tf.mul(x, scale));
  return {
    value: y,
    saved: [y],
    backward: (dy, [kept]) => {
      const along = tf.sum(tf.mul(dy, kept!), -1, true);
      return [tf.mul(tf.mul(kept!, scale), tf.sub(dy, along))];
    },
  };
}
