import { defineKernel, type Kernel } from "kernel-contract";
import type { Context } from "../context.ts";

/** `{x}` → `[y, kept]`, `y = x · Φ(x)`, `kept = 2 Φ(x) = erfc(−x / √2)`. */
export const gelu: Kernel<Context> = defineKernel("Gelu", (context, { x }) => {
  const twoPhi = context.unary("Erfc", context.binary("Mul", x, -Math.SQRT1_2));
  return [context.binary("Mul", context.binary("Mul", x, 0.5), twoPhi), twoPhi];
});

/** `{x, dy, kept}` → dx, `dx = dy · (Φ(x) + x · φ(x))`; `kept` is computed where it is not given. */
export const geluGrad: Kernel<Context> = defineKernel("GeluGrad", (context, { x, dy, kept }) => {
  const twoPhi = kept ?? context.unary("Erfc", context.binary("Mul", x, -Math.SQRT1_2));
  const density = context.unary("Exp", context.binary("Mul", context.unary("Square", x), -0.5));
  const along = context.binary("Mul", context.binary("Mul", x, Math.sqrt(2 / Math.PI)), density);
  return context.binary("Mul", context.binary("Mul", dy, 0.5), context.binary("AddV2", twoPhi, along));
});
