import { defineKernel, type Kernel, requireFloat32, sizeOf } from "kernel-contract";
import { type Context, FLOAT_BYTES } from "../../context.ts";

/**
 * Any number of tensors → the sum of each one's squares, `[tensors]`: for the norm of gradients and whether they are finite.
 * Blocks of 256 numbers are added in float32, the blocks in float64.
 */
export const squaredNorms: Kernel<Context> = defineKernel("SquaredNorms", (context, tensors) => {
  for (const x of tensors) requireFloat32("SquaredNorms", { x });
  const sums = context.output([tensors.length]);
  const at = context.pointer(sums);
  for (const [i, x] of tensors.entries()) {
    context.c.squared_norm(context.pointer(x), at + i * FLOAT_BYTES, sizeOf(x.shape));
  }
  return sums;
});
