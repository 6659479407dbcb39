import { defineKernel, type Kernel, rowsOf } from "kernel-contract";
import type { Context } from "../context.ts";
import { FLAT_GROUP, type Shader } from "../shader.ts";

/** Invocations that share a row. */
const LANES = 32;
/** Rows of a workgroup; columns too where one sums columns. */
const ROWS = 8;
/** Rows that a lane adds before it adds their sum to its own: few, so that float32 keeps their digits. */
const RUN = 128;

/** The sum over a row's lanes, for each of them. All invocations of the workgroup must call it. */
const ROW_SUM = `
var<workgroup> parts: array<array<f32, ${LANES + 1}>, ${ROWS}>;
fn rowSum(row: u32, lane: u32, value: f32) -> f32 {
  parts[row][lane] = value;
  workgroupBarrier();
  var sum = 0.0;
  for (var i = 0u; i < ${LANES}u; i++) { sum += parts[row][i]; }
  workgroupBarrier();
  return sum;
}`;

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

/** The first groups compute dx, row by row; the rest sum dgamma and dbeta, column by column. */
const BACKWARD: Shader = {
  name: "LayerNormGrad",
  workgroup: [LANES, ROWS, 1],
  writes: { dx: "f32", dgamma: "f32", dbeta: "f32" },
  reads: { x: "f32", gamma: "f32", mean: "f32", rstd: "f32", dy: "f32" },
  uniforms: { rows: "u32", dim: "u32", rowGroups: "u32" },
  declarations: `${ROW_SUM}
fn rowGradient(row: u32, slot: u32, lane: u32) {
  let at = min(row, u.rows - 1u);
  let first = at * u.dim;
  let mu = mean[at];
  let scale = rstd[at];
  var sum = 0.0;
  var along = 0.0;
  for (var i = lane; i < u.dim; i += ${LANES}u) {
    let slope = dy[first + i] * gamma[i];
    sum += slope;
    along += slope * (x[first + i] - mu) * scale;
  }
  let meanSlope = rowSum(slot, lane, sum) / f32(u.dim);
  let meanAlong = rowSum(slot, lane, along) / f32(u.dim);
  if (row < u.rows) {
    for (var i = lane; i < u.dim; i += ${LANES}u) {
      let normed = (x[first + i] - mu) * scale;
      dx[first + i] = scale * (dy[first + i] * gamma[i] - meanSlope - normed * meanAlong);
    }
  }
}
fn columnGradient(column: u32, slot: u32, lane: u32) {
  var sum = 0.0;
  var along = 0.0;
  if (column < u.dim) {
    for (var r = lane; r < u.rows;) {
      var run = 0.0;
      var runAlong = 0.0;
      for (var i = 0u; i < ${RUN}u && r < u.rows; i++) {
        let slope = dy[r * u.dim + column];
        run += slope;
        runAlong += slope * (x[r * u.dim + column] - mean[r]) * rstd[r];
        r += ${LANES}u;
      }
      sum += run;
      along += runAlong;
    }
  }
  let total = rowSum(slot, lane, sum);
  let totalAlong = rowSum(slot, lane, along);
  if (column < u.dim && lane == 0u) {
    dbeta[column] = total;
    dgamma[column] = totalAlong;
  }
}`,
  main: `
  let block = ${FLAT_GROUP};
  if (block < u.rowGroups) {
    rowGradient(block * ${ROWS}u + local.y, local.y, local.x);
  } else {
    // Neighbors in memory to neighboring invocations: these are columns, not rows.
    let index = local.y * ${LANES}u + local.x;
    let slot = index % ${ROWS}u;
    columnGradient((block - u.rowGroups) * ${ROWS}u + slot, slot, index / ${ROWS}u);
  }`,
};

/** `{x: [..., dim], gamma: [dim], beta: [dim]}`, `{epsilon}` → `[y, mean: [rows], rstd: [rows]]`. */
export const layerNorm: Kernel<Context> = defineKernel(
  "LayerNorm",
  (context, { x, gamma, beta }, { epsilon }) => {
    const [rows, dim] = rowsOf(x.shape);
    const [y, mean, rstd] = [context.output(x.shape), context.output([rows]), context.output([rows])];
    if (rows > 0 && dim > 0) {
      const tensors = { y, mean, rstd, x, gamma, beta };
      const grid = context.flatGroups(Math.ceil(rows / ROWS));
      context.run({ shader: FORWARD, tensors, uniforms: { rows, dim, epsilon }, grid });
    }
    return [y, mean, rstd] as const;
  },
);

/** `{x, gamma, mean, rstd, dy}` → `[dx, dgamma, dbeta]`, in one dispatch. */
export const layerNormGrad: Kernel<Context> = defineKernel(
  "LayerNormGrad",
  (context, { x, gamma, mean, rstd, dy }) => {
    const [rows, dim] = rowsOf(x.shape);
    if (rows === 0)
      return [context.output(x.shape), context.filled([dim], 0), context.filled([dim], 0)] as const;
    return gradient(context, rows, dim, { x, gamma, mean, rstd, dy });
  },
);

function gradient(context: Context, rows: number, dim: number, inputs: Readonly<Inputs>) {
  const [dx, dgamma, dbeta] = [context.output(inputs.x.shape), context.output([dim]), context.output([dim])];
  const rowGroups = Math.ceil(rows / ROWS);
  const grid = context.flatGroups(rowGroups + Math.ceil(dim / ROWS));
  const tensors = { dx, dgamma, dbeta, ...inputs };
  if (dim > 0) context.run({ shader: BACKWARD, tensors, uniforms: { rows, dim, rowGroups }, grid });
  return [dx, dgamma, dbeta] as const;
}

type Inputs = Record<"x" | "gamma" | "mean" | "rstd" | "dy", Parameters<Context["share"]>[0]>;
