import type * as tf from "@tensorflow/tfjs-core";
import { defineKernel, type Kernel, rowsOf } from "kernel-contract";
import type { Context } from "../../context.ts";
import { FLAT_GROUP, type Shader } from "../../shader.ts";
import { LANES, ROW_SUM, ROWS } from "./row-sum.ts";

/** Rows that a lane adds before it adds their sum to its own: few, so that float32 keeps their digits. */
const RUN = 128;
/** From so many rows on, each workgroup sums the columns of its own rows, which it has just read, and a second dispatch adds up. */
const MANY_ROWS = 4096;
/** Rows of a workgroup then. */
const CHUNK = 32;
/** Columns of a workgroup of the second dispatch. */
const COLUMNS = 8;

type Info = tf.TensorInfo;
type Inputs = Record<"x" | "gamma" | "mean" | "rstd" | "dy", Info>;

/** What is added to dx: the leading rows of each sample of `[samples, queries, dim]`. */
export interface Addend {
  readonly tensor: Info;
  readonly queries: number;
  /** Rows of a sample. */
  readonly tokens: number;
}

/** `{x, gamma, mean, rstd, dy}` → `[dx, dgamma, dbeta]`, in one dispatch, or two for many rows. */
export const layerNormGrad: Kernel<Context> = defineKernel("LayerNormGrad", (context, inputs) =>
  normalizeGrad(context, inputs),
);

/** {@link layerNormGrad} of a running kernel, with something added to dx. */
export function normalizeGrad(
  context: Context,
  { x, gamma, mean, rstd, dy }: Readonly<Inputs>,
  added?: Addend,
): readonly [dx: Info, dgamma: Info, dbeta: Info] {
  const [rows, dim] = rowsOf(x.shape);
  if (rows === 0) return [context.output(x.shape), context.filled([dim], 0), context.filled([dim], 0)];
  const [dx, dgamma, dbeta] = [context.output(x.shape), context.output([dim]), context.output([dim])];
  if (dim === 0) return [dx, dgamma, dbeta];
  const inputs = { x, gamma, mean, rstd, dy, ...(added && { added: added.tensor }) };
  const uniforms = { rows, dim, queries: added?.queries ?? 0, tokens: added?.tokens ?? 1 };
  // With an addend, one dispatch binds 9 buffers; a device need not allow more than 8.
  const fits = added === undefined || context.buffersPerDispatch > 8;
  if (rows < MANY_ROWS && fits) {
    const rowGroups = Math.ceil(rows / ROWS);
    context.run({
      shader: added ? ONE_ADDED : ONE,
      tensors: { dx, dgamma, dbeta, ...inputs },
      uniforms: { ...uniforms, rowGroups },
      grid: context.flatGroups(rowGroups + Math.ceil(dim / ROWS)),
    });
    return [dx, dgamma, dbeta];
  }
  const chunks = Math.ceil(rows / CHUNK);
  const partial = context.output([chunks, 2 * dim]);
  const shader = added ? CHUNKS_ADDED : CHUNKS;
  const grid = context.flatGroups(chunks);
  context.run({ shader, tensors: { dx, partial, ...inputs }, uniforms: { ...uniforms, chunks }, grid });
  context.run({
    shader: COLUMN_SUMS,
    tensors: { dgamma, dbeta, partial },
    uniforms: { chunks, dim },
    grid: [Math.ceil((2 * dim) / COLUMNS), 1, 1],
  });
  context.free(partial);
  return [dx, dgamma, dbeta];
}

const READS = { x: "f32", gamma: "f32", mean: "f32", rstd: "f32", dy: "f32" } as const;
const UNIFORMS = { rows: "u32", dim: "u32", queries: "u32", tokens: "u32" } as const;

/** dx of a row, by its lanes. All invocations of the workgroup must call it. */
const rowGradient = (added: boolean): string => `${ROW_SUM}
${
  added
    ? `fn addend(row: u32, column: u32) -> f32 {
  let token = row % u.tokens;
  if (token >= u.queries) { return 0.0; }
  return added[(row / u.tokens * u.queries + token) * u.dim + column];
}`
    : ""
}
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
      let slope = scale * (dy[first + i] * gamma[i] - meanSlope - normed * meanAlong);
      dx[first + i] = ${added ? "slope + addend(row, i)" : "slope"};
    }
  }
}`;

/** The first groups compute dx, row by row; the rest sum dgamma and dbeta, column by column. */
const oneDispatch = (added: boolean): Shader => ({
  name: "LayerNormGrad",
  workgroup: [LANES, ROWS, 1],
  writes: { dx: "f32", dgamma: "f32", dbeta: "f32" },
  reads: { ...READS, ...(added && { added: "f32" as const }) },
  uniforms: { ...UNIFORMS, rowGroups: "u32" },
  declarations: `${rowGradient(added)}
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
});

/** dx of a chunk of rows, and the sums of its columns: of dbeta first, then of dgamma. */
const chunks = (added: boolean): Shader => ({
  name: "LayerNormGrad",
  workgroup: [LANES, ROWS, 1],
  writes: { dx: "f32", partial: "f32" },
  reads: { ...READS, ...(added && { added: "f32" as const }) },
  uniforms: { ...UNIFORMS, chunks: "u32" },
  declarations: rowGradient(added),
  main: `
  let chunk = ${FLAT_GROUP};
  let first = chunk * ${CHUNK}u;
  for (var i = 0u; i < ${CHUNK}u; i += ${ROWS}u) { rowGradient(first + i + local.y, local.y, local.x); }
  if (chunk >= u.chunks) { return; }
  let end = min(first + ${CHUNK}u, u.rows);
  for (var column = local.y * ${LANES}u + local.x; column < u.dim; column += ${LANES * ROWS}u) {
    var sum = 0.0;
    var along = 0.0;
    for (var r = first; r < end; r++) {
      let slope = dy[r * u.dim + column];
      sum += slope;
      along += slope * (x[r * u.dim + column] - mean[r]) * rstd[r];
    }
    partial[chunk * 2u * u.dim + column] = sum;
    partial[chunk * 2u * u.dim + u.dim + column] = along;
  }`,
});

/** Sums the columns over all chunks, in their order. */
const COLUMN_SUMS: Shader = {
  name: "LayerNormGradColumns",
  workgroup: [COLUMNS, LANES, 1],
  writes: { dgamma: "f32", dbeta: "f32" },
  reads: { partial: "f32" },
  uniforms: { chunks: "u32", dim: "u32" },
  declarations: `var<workgroup> parts: array<array<f32, ${COLUMNS}>, ${LANES}>;`,
  main: `
  let column = group.x * ${COLUMNS}u + local.x;
  var sum = 0.0;
  if (column < 2u * u.dim) {
    for (var chunk = local.y; chunk < u.chunks; chunk += ${LANES}u) { sum += partial[chunk * 2u * u.dim + column]; }
  }
  parts[local.y][local.x] = sum;
  workgroupBarrier();
  if (local.y == 0u && column < 2u * u.dim) {
    for (var i = 1u; i < ${LANES}u; i++) { sum += parts[i][local.x]; }
    if (column < u.dim) { dbeta[column] = sum; } else { dgamma[column - u.dim] = sum; }
  }`,
};

const [ONE, ONE_ADDED] = [oneDispatch(false), oneDispatch(true)];
const [CHUNKS, CHUNKS_ADDED] = [chunks(false), chunks(true)];
