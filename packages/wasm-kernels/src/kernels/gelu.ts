import { requireFloat32, sizeOf } from "../context.ts";
import type { Kernel } from "../kernel.ts";

/** `{x}` → x · Φ(x), the exact form. */
export const gelu: Kernel = {
  name: "Gelu",
  run(context, { x }) {
    requireFloat32("Gelu", { x: x! });
    const y = context.output(x!.shape);
    context.c.gelu(context.pointer(x!), context.pointer(y), sizeOf(x!.shape));
    return y;
  },
};

/** `{x, dy}` → dy · (Φ(x) + x · φ(x)). */
export const geluGrad: Kernel = {
  name: "GeluGrad",
  run(context, { x, dy }) {
    requireFloat32("GeluGrad", { x: x!, dy: dy! });
    const dx = context.output(x!.shape);
    context.c.gelu_grad(context.pointer(x!), context.pointer(dy!), context.pointer(dx), sizeOf(x!.shape));
    return dx;
  },
};
