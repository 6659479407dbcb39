import type { Kernel } from "./kernel.ts";

/** `{x}` → `[y, kept]`, `y = x · Φ(x)`, `kept = 2 Φ(x) = erfc(−x / √2)`. */
export const gelu: Kernel = {
  name: "Gelu",
  run(ops, { x }) {
    const twoPhi = ops.unary("Erfc", ops.binary("Mul", x!, -Math.SQRT1_2));
    return [ops.binary("Mul", ops.binary("Mul", x!, 0.5), twoPhi), twoPhi];
  },
};

/** `{x, dy, kept}` → `[dx]`, `dx = dy · (Φ(x) + x · φ(x))`. */
export const geluGrad: Kernel = {
  name: "GeluGrad",
  run(ops, { x, dy, kept }) {
    const density = ops.unary("Exp", ops.binary("Mul", ops.unary("Square", x!), -0.5));
    const along = ops.binary("Mul", ops.binary("Mul", x!, Math.sqrt(2 / Math.PI)), density);
    return [ops.binary("Mul", ops.binary("Mul", dy!, 0.5), ops.binary("AddV2", kept!, along))];
  },
};
