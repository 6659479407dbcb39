import type { Kernel } from "../kernel.ts";
import { matMul } from "./mat-mul.ts";

/** `tf.matMul`: stock tfjs runs a scalar loop for everything but one untransposed pair of matrices. */
export const batchMatMul: Kernel = {
  name: "BatchMatMul",
  run(context, { a, b }, { transposeA, transposeB }) {
    return matMul("BatchMatMul", context, a!, b!, transposeA, transposeB);
  },
};
