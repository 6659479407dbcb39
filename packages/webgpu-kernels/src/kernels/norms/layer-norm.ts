import type * as tf from "@tensorflow/tfjs-core";
import { defineKernel, type Kernel, rowsOf } from "kernel-contract";
import type { Context } from "../../context.ts";
import { FLAT_GROUP, type Shader } from "../../shader.ts";
import { LANES, ROW_SUM, ROWS } from "./row-sum.ts";

const FORWARD: Shader = {
  name: "LayerNorm",
  workgroup: [LANES, ROWS, 1],
  writes: { y: "f32", mean: "f32", rstd: "f32" },
  reads: { x: "f32", gamma: "f32", beta: "f32" },
  uniforms: { rows: "u32", dim: "u32", epsilon: "f32" },
  declarations: ROW_SUM,
  main: `
  let row = ${FLAT_GROUP} * ${ROWS}u + local.y;
  let first = min(row, u.rows - 1u) * u.dim; // rows beyond the last are computed and not written
  var sum = 0.0;
  for (var i = local.x; i < u.dim; i += ${LANES}u) { sum += x[first + i]; }
  let mu = rowSum(local.y, local.x, sum) / f32(u.dim);
  var squares = 0.0;
  for (var i = local.x; i < u.dim; i += ${LANES}u) {
    let centered = x[first + i] - mu;
    squares += centered * centered;
  }
  let scale = 1.0 / sqrt(rowSum(local.y, local.x, squares) / f32(u.dim) + u.epsilon);
  if (row < u.rows) {
    for (var i = local.x; i < u.dim; i += ${LANES}u) {
      y[first + i] = (x[first + i] - mu) * scale * gamma[i] + beta[i];
    }
    if (local.x == 0u) {
      mean[row] = mu;
      rstd[row] = scale;
    }
  }`,
};

/** `{x: [..., dim], gamma: [dim], beta: [dim]}`, `{epsilon}` → `[y, mean: [rows], rstd: [rows]]`. */
export const layerNorm: Kernel<Context> = defineKernel("LayerNorm", (context, inputs, { epsilon }) =>
  normalize(context, inputs, epsilon),
);

/** {@link layerNorm} of a running kernel. */
export function normalize(
  context: Context,
  { x, gamma, beta }: Readonly<Record<"x" | "gamma" | "beta", Info>>,
  epsilon: number,
): readonly [y: Info, mean: Info, rstd: Info] {
  const [rows, dim] = rowsOf(x.shape);
  const [y, mean, rstd] = [context.output(x.shape), context.output([rows]), context.output([rows])];
  if (rows > 0 && dim > 0) {
    const tensors = { y, mean, rstd, x, gamma, beta };
    const grid = context.flatGroups(Math.ceil(rows / ROWS));
    context.run({ shader: FORWARD, tensors, uniforms: { rows, dim, epsilon }, grid });
  }
  return [y, mean, rstd];
}

type Info = tf.TensorInfo;
