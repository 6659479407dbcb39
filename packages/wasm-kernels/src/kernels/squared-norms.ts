import type * as tf from "@tensorflow/tfjs-core";
import { FLOAT_BYTES, requireFloat32, sizeOf } from "../context.ts";
import type { Kernel } from "../kernel.ts";

/**
 * Any number of tensors → the sum of each one's squares, `[tensors]`: what says whether gradients are finite, and their
 * norm. Blocks of 256 numbers are added in float32, the blocks in float64.
 */
export const squaredNorms: Kernel = {
  name: "SquaredNorms",
  run(context, inputs) {
    const tensors = Object.values(inputs) as tf.TensorInfo[]; // a list: none is absent
    for (const x of tensors) requireFloat32("SquaredNorms", { x });
    const sums = context.output([tensors.length]);
    const at = context.pointer(sums);
    for (const [i, x] of tensors.entries()) {
      context.c.squared_norm(context.pointer(x), at + i * FLOAT_BYTES, sizeOf(x.shape));
    }
    return sums;
  },
};
