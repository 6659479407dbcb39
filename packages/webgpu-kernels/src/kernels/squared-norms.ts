import { defineKernel, type Kernel, requireFloat32, sizeOf } from "kernel-contract";
import type { Context } from "../context.ts";
import { onceEach, type Shader } from "../shader.ts";

const LANES = 256;
/** Squares that a lane adds before it adds their sum to its own: few, so that float32 keeps their digits. */
const RUN = 128;

/**
 * Any number of tensors → the sum of each one's squares, `[tensors]`: what says whether gradients are finite, and their
 * norm. As many tensors a dispatch as the device binds buffers beside the result.
 */
export const squaredNorms: Kernel<Context> = defineKernel("SquaredNorms", (context, tensors) => {
  for (const x of tensors) requireFloat32("SquaredNorms", { x });
  const filled = tensors.flatMap((tensor, slot) => (sizeOf(tensor.shape) > 0 ? [{ tensor, slot }] : []));
  const shape = [tensors.length];
  const sums = filled.length < tensors.length ? context.filled(shape, 0) : context.output(shape);
  const each = context.buffersPerDispatch - 1;
  for (let i = 0; i < filled.length; i += each) {
    const some = filled.slice(i, i + each);
    const buffers = some.map(({ tensor }, k) => [`x${k}`, tensor]);
    const numbers = some.flatMap(({ tensor, slot }, k) => [
      [`size${k}`, sizeOf(tensor.shape)],
      [`slot${k}`, slot],
    ]);
    context.run({
      shader: shaderFor(some.length),
      tensors: { sums, ...Object.fromEntries(buffers) },
      uniforms: Object.fromEntries(numbers),
      grid: [some.length, 1, 1],
    });
  }
  return sums;
});

/** Group k sums the squares of tensor k. */
const shaderFor = onceEach((tensors: number): Shader => {
  const indices = Array.from({ length: tensors }, (_, k) => k);
  return {
    name: "SquaredNorms",
    workgroup: [LANES, 1, 1],
    writes: { sums: "f32" },
    reads: Object.fromEntries(indices.map((k) => [`x${k}`, "f32" as const])),
    uniforms: Object.fromEntries(
      indices.flatMap((k) => [
        [`size${k}`, "u32" as const],
        [`slot${k}`, "u32" as const],
      ]),
    ),
    declarations: `var<workgroup> parts: array<f32, ${LANES}>;`,
    main: `
  var sum = 0.0;
  var slot = 0u;
${indices
  .map(
    (k) => `  if (group.x == ${k}u) {
    slot = u.slot${k};
    for (var at = local.x; at < u.size${k};) {
      var run = 0.0;
      for (var i = 0u; i < ${RUN}u && at < u.size${k}; i++) {
        run += x${k}[at] * x${k}[at];
        at += ${LANES}u;
      }
      sum += run;
    }
  }`,
  )
  .join("\n")}
  parts[local.x] = sum;
  workgroupBarrier();
  for (var half = ${LANES / 2}u; half > 0u; half /= 2u) {
    if (local.x < half) { parts[local.x] += parts[local.x + half]; }
    workgroupBarrier();
  }
  if (local.x == 0u) { sums[slot] = parts[0]; }`,
  };
});
