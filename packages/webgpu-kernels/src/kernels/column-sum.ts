import * as tf from "@tensorflow/tfjs-core";
import { type Kernel, replaceKernel, sizeOf } from "kernel-contract";
import type { Context } from "../context.ts";
import type { Shader } from "../shader.ts";

/** Invocations that share a column, and columns of a workgroup: neighbors in memory go to neighboring invocations. */
const LANES = 32;
const COLUMNS = 8;
/** Rows that one workgroup adds up at least, and workgroups that keep a large GPU busy. */
const ROWS = 4096;
const GROUPS = 512;

const SHADER: Shader = {
  name: "ColumnSum",
  workgroup: [COLUMNS, LANES, 1],
  writes: { y: "f32" },
  reads: { x: "f32" },
  uniforms: { rows: "u32", columns: "u32", chunk: "u32", divisor: "f32" },
  declarations: `var<workgroup> parts: array<array<f32, ${COLUMNS}>, ${LANES}>;`,
  main: `
  let column = group.x * ${COLUMNS}u + local.x;
  let first = group.y * u.rows * u.columns;
  let end = min((group.z + 1u) * u.chunk, u.rows);
  var sum = 0.0;
  if (column < u.columns) {
    for (var r = group.z * u.chunk + local.y; r < end; r += ${LANES}u) { sum += x[first + r * u.columns + column]; }
  }
  parts[local.y][local.x] = sum;
  workgroupBarrier();
  if (local.y == 0u && column < u.columns) {
    for (var i = 1u; i < ${LANES}u; i++) { sum += parts[i][local.x]; }
    y[(group.y * groups.z + group.z) * u.columns + column] = sum / u.divisor;
  }`,
};

/**
 * `Sum` and `Mean` over adjacent axes before the last, as in a bias' gradient and batch statistics, where tfjs' own kernels
 * transpose first. Sums over the last axis and of other types are left to tfjs' own kernels.
 */
export const sum: Kernel<Context> = columnReduction("Sum", () => 1);
export const mean: Kernel<Context> = columnReduction("Mean", (rows) => rows);

function columnReduction(name: "Sum" | "Mean", divisor: (rows: number) => number): Kernel<Context> {
  return replaceKernel(name, (context, { x }, { axis, keepDims }, own) => {
    const axes = tf.util.parseAxisParam(axis, [...x.shape]).sort((a, b) => a - b);
    const first = axes[0] ?? 0;
    const end = first + axes.length;
    const outer = sizeOf(x.shape.slice(0, first));
    const rows = sizeOf(x.shape.slice(first, end));
    const columns = sizeOf(x.shape.slice(end));
    const isBlock = axes.length > 0 && axes.every((value, i) => value === first + i);
    const most = context.backend.device.limits.maxComputeWorkgroupsPerDimension;
    const fits = outer <= most && Math.ceil(columns / COLUMNS) <= most;
    if (x.dtype !== "float32" || !isBlock || outer * columns === 0 || !fits) return own();
    const kept = keepDims ? axes.map(() => 1) : [];
    const shape = [...x.shape.slice(0, first), ...kept, ...x.shape.slice(end)];
    if (rows === 0) return context.filled(shape, 0 / divisor(rows)); // tfjs' own kernel fails
    if (columns === 1) return own();
    return sumOfRows(context, x, { outer, rows, columns }, shape, divisor(rows));
  });
}

/** The sides of `[outer, rows, columns]`. */
interface Sides {
  readonly outer: number;
  readonly rows: number;
  readonly columns: number;
}

/**
 * The sums over rows, by a divisor. Many rows of few columns are added up in chunks first, and then these: a handful of
 * workgroups would leave most of a GPU idle. The order is the same in every run.
 */
export function sumOfRows(
  context: Context,
  x: tf.TensorInfo,
  { outer, rows, columns }: Sides,
  shape: readonly number[],
  divisor = 1,
): tf.TensorInfo {
  const across = Math.ceil(columns / COLUMNS);
  const chunks = Math.max(1, Math.min(Math.floor(rows / ROWS), Math.ceil(GROUPS / (across * outer))));
  const y = context.output(chunks === 1 ? shape : [outer, chunks, columns]);
  const last = chunks === 1 ? divisor : 1;
  const uniforms = { rows, columns, chunk: Math.ceil(rows / chunks), divisor: last };
  const grid = [across, outer, chunks] as const;
  context.run({ shader: SHADER, tensors: { y, x }, uniforms, grid });
  if (chunks === 1) return y;
  const sums = sumOfRows(context, y, { outer, rows: chunks, columns }, shape, divisor);
  context.free(y);
  return sums;
}
