import * as tf from "@tensorflow/tfjs-core";
import { customOp, hasKernel, runKernel } from "kernel-op";

/**
 * `x + branch` for equal shapes, or `x + branch + bias` in one pass. Unlike `tf.add` it keeps nothing for the backward
 * pass: the gradient of `x` and `branch` is that of the sum, the bias' is its sum over all but the last axis.
 *
 * (A bias that belongs to a matrix product is free in `linear`, which is where this package's layers have theirs.) With
 * a bias it runs the kernel `ResidualAdd` where the backend has it.
 *
 * @param x - Any shape, with a bias `[..., dim]`. Not disposed.
 * @param branch - The shape of `x`. Not disposed.
 * @param bias - `[dim]`. Not disposed. Default: none.
 * @returns Same shape, a new tensor owned by the caller.
 * @throws RangeError if the shapes differ or the bias does not fit.
 *
 * @example
 * console.log(residualAdd(tf.ones([2]), tf.ones([2])).dataSync()); // [2, 2]
 */
export function residualAdd<T extends tf.Tensor>(x: T, branch: tf.Tensor, bias?: tf.Tensor): T {
  if (!tf.util.arraysEqual(x.shape, branch.shape)) {
    throw new RangeError(`residualAdd: shapes must be equal, got [${x.shape}] and [${branch.shape}]`);
  }
  if (bias === undefined) {
    return customOp([x, branch], (a, b) => ({
      value: tf.add(a!, b!),
      saved: [],
      backward: (dy) => [tf.clone(dy), tf.clone(dy)],
    })) as T; // rank unchanged
  }
  const dim = x.shape.at(-1);
  if (bias.rank !== 1 || bias.shape[0] !== dim) {
    throw new RangeError(`residualAdd: bias must be [${dim ?? ""}] for x [${x.shape}], got [${bias.shape}]`);
  }
  const leading = x.shape.slice(0, -1).map((_, axis) => axis);
  return customOp([x, branch, bias], (a, b, c) => ({
    value: hasKernel("ResidualAdd")
      ? runKernel("ResidualAdd", { x: a!, branch: b!, bias: c! })[0]!
      : tf.add(a!, tf.add(b!, c!)),
    saved: [],
    backward: (dy) => [tf.clone(dy), tf.clone(dy), leading.length === 0 ? tf.clone(dy) : tf.sum(dy, leading)],
  })) as T; // rank unchanged
}
