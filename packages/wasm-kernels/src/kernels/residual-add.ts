import { requireFloat32, sizeOf } from "../context.ts";
import type { Kernel } from "../kernel.ts";

/** `{x: [..., dim], branch: [..., dim], bias: [dim]}` → x + branch + bias. */
export const residualAdd: Kernel = {
  name: "ResidualAdd",
  run(context, { x, branch, bias }) {
    requireFloat32("ResidualAdd", { x: x!, branch: branch!, bias: bias! });
    const y = context.output(x!.shape);
    const at = [x!, branch!, bias!, y].map((tensor) => context.pointer(tensor));
    context.c.residual_add!(...at, sizeOf(x!.shape.slice(0, -1)), x!.shape.at(-1)!);
    return y;
  },
};
