import { defineKernel, type Kernel, rowsOf } from "kernel-contract";
import type { Context } from "../../context.ts";
import { sumRows } from "../sums/column-sum.ts";

/** `{x: [..., in], kernel: [in, out], bias: [out]}` → y = x · kernel + bias, `[..., out]`. */
export const linear: Kernel<Context> = defineKernel("Linear", (context, { x, kernel, bias }) => {
  const [rows, width] = rowsOf(x.shape);
  const outputs = kernel.shape[1]!;
  const y = context.output([...x.shape.slice(0, -1), outputs]);
  const at = { x: context.pointer(x), kernel: context.pointer(kernel), bias: context.pointerOrNull(bias) };
  multiply(context, { ...at, y: context.pointer(y) }, { rows, width, outputs });
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
  const at = {
    ...{ x: context.pointer(x), kernel: context.pointer(kernel), dy: context.pointer(dy) },
    ...{ dx: context.pointer(dx), dkernel: context.pointer(dkernel), dbias: context.pointer(dbias) },
  };
  multiplyGrad(context, at, { rows, width, outputs });
  return [dx, dkernel, dbias] as const;
});

/** Sizes of a dense layer. */
export interface LinearSizes {
  readonly rows: number;
  readonly width: number;
  readonly outputs: number;
}

/** `y = x · kernel + bias`, by addresses; without a bias its address is 0. */
export function multiply(
  context: Context,
  at: Readonly<Record<"x" | "kernel" | "bias" | "y", number>>,
  { rows, width, outputs }: LinearSizes,
): void {
  context.c.matmul(at.x, at.kernel, at.y, rows, outputs, width, 0, 0, at.bias, context.gemmScratch());
}

/** The three gradients of {@link multiply}. */
export function multiplyGrad(
  context: Context,
  at: Readonly<Record<"x" | "kernel" | "dy" | "dx" | "dkernel" | "dbias", number>>,
  { rows, width, outputs }: LinearSizes,
): void {
  const scratch = context.gemmScratch();
  context.c.matmul(at.dy, at.kernel, at.dx, rows, width, outputs, 0, 1, 0, scratch);
  context.c.matmul(at.x, at.dy, at.dkernel, width, outputs, rows, 1, 0, 0, scratch);
  sumRows(context, at.dy, at.dbias, { outer: 1, rows, columns: outputs });
}
