import { defineKernel, type Kernel, rowsOf } from "kernel-contract";
import type { Context } from "../../context.ts";
import { sumRows } from "../sums/column-sum.ts";

/** `{x: [..., in], kernel: [in, out], bias: [out]}` → y = x · kernel + bias, `[..., out]`. */
export const linear: Kernel<Context> = defineKernel("Linear", (context, { x, kernel, bias }) => {
  const [rows, width] = rowsOf(x.shape);
  const outputs = kernel.shape[1]!;
  const y = context.output([...x.shape.slice(0, -1), outputs]);
  const at = [context.pointer(x), context.pointer(kernel), context.pointer(y)] as const;
  context.c.matmul(...at, rows, outputs, width, 0, 0, context.pointerOrNull(bias), context.gemmScratch());
  return y;
});

/** `{x, kernel, dy}` → `[dx = dy · kernelᵀ, dkernel = xᵀ · dy, dbias = Σ dy over rows]`. */
export const linearGrad: Kernel<Context> = defineKernel("LinearGrad", (context, { x, kernel, dy }) => {
  const [rows, width] = rowsOf(x.shape);
  const outputs = kernel.shape[1]!;
  const [dx, dkernel, dbias] = [
    context.output(x.shape),
    context.output(kernel.shape),
    context.output([outputs]),
  ];
  const [xAt, kernelAt, dyAt] = [context.pointer(x), context.pointer(kernel), context.pointer(dy)];
  const scratch = context.gemmScratch();
  context.c.matmul(dyAt, kernelAt, context.pointer(dx), rows, width, outputs, 0, 1, 0, scratch);
  context.c.matmul(xAt, dyAt, context.pointer(dkernel), width, outputs, rows, 1, 0, 0, scratch);
  sumRows(context, dyAt, context.pointer(dbias), { outer: 1, rows, columns: outputs });
  return [dx, dkernel, dbias] as const;
});
