import * as tf from "@tensorflow/tfjs-core";
import { customOp } from "kernel-contract";
import { requireArguments, TENSOR } from "known-options";

/**
 * Computes `x + branch` for equal shapes. Unlike `tf.add` it saves nothing for the backward pass: `x` and `branch` both
 * have the gradient of the sum.
 *
 * @param x - Any shape. Not disposed.
 * @param branch - The shape of `x`. Not disposed.
 * @returns Same shape, a new tensor owned by the caller.
 * @throws RangeError if the shapes differ.
 *
 * @example
 * console.log(residualAdd(tf.ones([2]), tf.ones([2])).dataSync()); // [2, 2]
 */
export function residualAdd<T extends tf.Tensor>(x: T, branch: tf.Tensor): T {
  requireArguments("residualAdd", { x, branch }, { x: TENSOR, branch: TENSOR });
  if (!tf.util.arraysEqual(x.shape, branch.shape)) {
    throw new RangeError(`residualAdd: shapes must be equal, got [${x.shape}] and [${branch.shape}]`);
  }
  return customOp([x, branch], (a, b) => ({
    value: tf.add(a, b),
    saved: [],
    backward: (dy) => [tf.clone(dy), tf.clone(dy)],
  })) as T; // rank unchanged
}
