import { defineKernel, type Kernel, sizeOf } from "kernel-contract";
import type { Context } from "../../context.ts";

/** `{x}` → x · Φ(x), the exact form. */
export const gelu: Kernel<Context> = defineKernel("Gelu", (context, { x }) => {
  const y = context.output(x.shape);
  context.c.gelu(context.pointer(x), context.pointer(y), sizeOf(x.shape));
  return y;
});

/** `{x, dy}` → dy · (Φ(x) + x · φ(x)). */
export const geluGrad: Kernel<Context> = defineKernel("GeluGrad", (context, { x, dy }) => {
  const dx = context.output(x.shape);
  context.c.gelu_grad(context.pointer(x), context.pointer(dy), context.pointer(dx), sizeOf(x.shape));
  return dx;
});
