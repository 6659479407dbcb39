import { type Kernel, replaceKernel } from "kernel-contract";
import type { Context } from "../../context.ts";
import { matMul } from "./mat-mul.ts";

/** `tf.matMul`: tfjs' own kernel is a scalar loop for everything except one untransposed pair of matrices. */
export const batchMatMul: Kernel<Context> = replaceKernel(
  "BatchMatMul",
  (context, { a, b }, { transposeA, transposeB }) => {
    return matMul("BatchMatMul", context, a, b, transposeA, transposeB);
  },
);
