import { type Kernel, replaceKernel } from "kernel-contract";
import type { Context } from "../../context.ts";
import { matMul } from "./mat-mul.ts";

/** `tf.matMul`: stock tfjs runs a scalar loop for everything but one untransposed pair of matrices. */
export const batchMatMul: Kernel<Context> = replaceKernel(
  "BatchMatMul",
  (context, { a, b }, { transposeA, transposeB }) => {
    return matMul("BatchMatMul", context, a, b, transposeA, transposeB);
  },
);
