import { defineKernel, type Kernel, sizeOf } from "kernel-contract";
import type { Context } from "../../context.ts";

/** `{w: [..., out]}`, `{epsilon}` → `[y, mean: [out], rstd: [out]]`, statistics of each output channel. */
export const weightStandardize: Kernel<Context> = defineKernel(
  "WeightStandardize",
  (context, { w }, { epsilon }) => {
    const columns = w.shape.at(-1)!;
    const outputs = [context.output(w.shape), context.output([columns]), context.output([columns])] as const;
    const at = [w, ...outputs].map((tensor) => context.pointer(tensor));
    context.c.weight_standardize(...at, sizeOf(w.shape.slice(0, -1)), columns, epsilon);
    return outputs;
  },
);

/** `{w, mean, rstd, dy}` → dw. */
export const weightStandardizeGrad: Kernel<Context> = defineKernel(
  "WeightStandardizeGrad",
  (context, { w, mean, rstd, dy }) => {
    const columns = w.shape.at(-1)!;
    const dw = context.output(w.shape);
    const sums = context.scratch(2 * columns);
    const at = [w, mean, rstd, dy, dw].map((tensor) => context.pointer(tensor));
    context.c.weight_standardize_grad(...at, sizeOf(w.shape.slice(0, -1)), columns, sums);
    return dw;
  },
);
