import type * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "kernel-contract";
import type { Context } from "../../context.ts";
import { FLAT_GROUP, type Shader } from "../../shader.ts";

const LANES = 64;

type Info = tf.TensorInfo;

const SUM = (name: string, from: string, size: string, at: string) => `
    var sum = 0.0;
    for (var part = 0u; part < u.parts; part++) { sum += ${from}[part * ${size} + ${at}]; }
    ${name}[${at}] = sum;`;

const ONE: Shader = {
  name: "SumOfParts",
  workgroup: [LANES, 1, 1],
  writes: { y: "f32" },
  reads: { products: "f32" },
  uniforms: { parts: "u32", size: "u32" },
  main: `
  let at = ${FLAT_GROUP} * ${LANES}u + local.x;
  if (at < u.size) {${SUM("y", "products", "u.size", "at")}
  }`,
};

const TWO: Shader = {
  ...ONE,
  writes: { y: "f32", sums: "f32" },
  reads: { products: "f32", partSums: "f32" },
  uniforms: { parts: "u32", size: "u32", columns: "u32" },
  main: `
  let at = ${FLAT_GROUP} * ${LANES}u + local.x;
  if (at < u.size) {${SUM("y", "products", "u.size", "at")}
  } else if (at - u.size < u.columns) {
    let column = at - u.size;${SUM("sums", "partSums", "u.columns", "column")}
  }`,
};

/** Adds up parts in their order: `products [parts, size]` to `y`, and `partSums [parts, columns]` to `sums`. */
export function sumOfParts(
  context: Context,
  parts: number,
  to: { readonly y: Info; readonly sums?: Info },
  from: { readonly products: Info; readonly partSums?: Info },
): void {
  const [size, columns] = [sizeOf(to.y.shape), to.sums ? sizeOf(to.sums.shape) : 0];
  const grid = context.flatGroups(Math.ceil((size + columns) / LANES));
  const tensors = { ...to, ...from } as Record<string, Info>;
  if (to.sums === undefined) context.run({ shader: ONE, tensors, uniforms: { parts, size }, grid });
  else context.run({ shader: TWO, tensors, uniforms: { parts, size, columns }, grid });
}
