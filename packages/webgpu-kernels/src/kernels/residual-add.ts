import { requireFloat32, sizeOf } from "../context.ts";
import type { Kernel } from "../kernel.ts";
import { FLAT_GROUP, type Shader } from "../shader.ts";

const LANES = 64;

const SHADER: Shader = {
  name: "ResidualAdd",
  workgroup: [LANES, 1, 1],
  writes: { y: "f32" },
  reads: { x: "f32", branch: "f32", bias: "f32" },
  uniforms: { size: "u32", dim: "u32" },
  main: `
  let at = ${FLAT_GROUP} * ${LANES}u + local.x;
  if (at < u.size) { y[at] = x[at] + (branch[at] + bias[at % u.dim]); }`,
};

/** `{x: [..., dim], branch: [..., dim], bias: [dim]}` → x + branch + bias. */
export const residualAdd: Kernel = {
  name: "ResidualAdd",
  run(context, { x, branch, bias }) {
    requireFloat32("ResidualAdd", { x: x!, branch: branch!, bias: bias! });
    const y = context.output(x!.shape);
    const [size, dim] = [sizeOf(x!.shape), x!.shape.at(-1)!];
    const tensors = { y, x: x!, branch: branch!, bias: bias! };
    const grid = context.flatGroups(Math.ceil(size / LANES));
    if (size > 0) context.run({ shader: SHADER, tensors, uniforms: { size, dim }, grid });
    return y;
  },
};
