import { type Kernel, replaceKernel, sizeOf } from "kernel-contract";
import type { Context } from "../../context.ts";
import { fits, multiply } from "./product.ts";

/**
 * `BatchMatMul` of float32 matrices, of as many on both sides or one on one side, by this package's product. A weight's gradient,
 * xᵀ dy, is a small result whose elements are sums over all tokens of a batch: tfjs' own kernel runs one workgroup per tile of it,
 * too few for a large GPU, or adds atomically, with other bits in each run. Here long sums are cut into parts, which are added in
 * a fixed order. Other products are left to tfjs' own kernel.
 */
export const batchMatMul: Kernel<Context> = replaceKernel(
  "BatchMatMul",
  (context, { a, b }, { transposeA, transposeB }, own) => {
    const [leadingA, leadingB] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
    const [batchA, batchB] = [sizeOf(leadingA), sizeOf(leadingB)];
    const [rows, inner] = sidesOf(a.shape, transposeA);
    const [, columns] = sidesOf(b.shape, transposeB);
    const sides = { batch: Math.max(batchA, batchB), rows, columns, inner };
    const isPaired = leadingA.join() === leadingB.join() || batchA === 1 || batchB === 1;
    const isFloat = a.dtype === "float32" && b.dtype === "float32";
    if (!isFloat || !isPaired || batchA * batchB * rows * columns * inner === 0 || !fits(context, sides))
      return own();
    const leading =
      leadingA.length !== leadingB.length ? [] : leadingA.map((side, i) => Math.max(side, leadingB[i]!));
    return multiply(context, { ...sides, a, b, transposeA, transposeB, shape: [...leading, rows, columns] });
  },
);

function sidesOf(shape: readonly number[], transposed: boolean): [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return transposed ? [columns, rows] : [rows, columns];
}
