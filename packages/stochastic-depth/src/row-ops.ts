import * as tf from "@tensorflow/tfjs-core";
import { customOp, hasKernel, runKernel, withGradient } from "kernel-contract";
import { LIST, requireArguments, TENSOR } from "known-options";

/** Backends that compile programs for shapes: rows are not left out there, masks are multiplied. */
const FIXED_SHAPES: ReadonlySet<string> = new Set(["webgl", "webgpu"]);

/** Whether the current backend gains by smaller batches. */
export function leavesRowsOut(): boolean {
  return !FIXED_SHAPES.has(tf.getBackend());
}

/**
 * Returns rows of `x`: `[batch, ...]` → `[rows, ...]`. The gradient of the others is zero.
 *
 * @param x - float32, rank ≥ 1. Not disposed.
 * @param rows - Ascending and distinct.
 * @returns A new tensor owned by the caller.
 * @throws RangeError if the rows do not ascend or are not all there.
 *
 * @example
 * console.log(takeRows(tf.tensor1d([5, 6, 7]), [0, 2]).dataSync()); // [5, 7]
 */
export function takeRows(x: tf.Tensor, rows: readonly number[]): tf.Tensor {
  requireArguments("takeRows", { x, rows }, { x: TENSOR, rows: LIST });
  const batch = x.shape[0]!;
  if (!rows.every((row, i) => Number.isInteger(row) && row > (rows[i - 1] ?? -1) && row < batch)) {
    throw new RangeError(`takeRows: rows must ascend in 0...${batch - 1}, got ${shown(rows)}`);
  }
  return customOp([x], (v) => ({
    value: gathered(v, rows, 1),
    saved: [],
    backward: (dy) => [scattered(undefined, dy, { rows, scale: 1, batch })],
  }));
}

/** Returns `x` with `scale · branch[i]` added to `x[rows[i]]`. */
export function addToRows(
  x: tf.Tensor,
  branch: tf.Tensor,
  rows: readonly number[],
  scale: number,
): tf.Tensor {
  return customOp([x, branch], (a, b) => ({
    value: scattered(a, b, { rows, scale, batch: a.shape[0]! }),
    saved: [],
    backward: (dy) => [tf.clone(dy), gathered(dy, rows, scale)],
  }));
}

/** Returns `x`; the branch's gradient is zero. */
export function addNothing(x: tf.Tensor, branch: tf.Tensor): tf.Tensor {
  return customOp([x, branch], (a, b) => ({
    value: tf.clone(a),
    saved: [],
    backward: (dy) => [tf.clone(dy), tf.zeros(b.shape)],
  }));
}

/** Returns `x + branch · mask`, the mask by sample. */
export function addMasked(x: tf.Tensor, branch: tf.Tensor, mask: tf.Tensor): tf.Tensor {
  const bySample = [x.shape[0]!, ...x.shape.slice(1).map(() => 1)];
  return customOp([x, branch], (a, b) => {
    const factors = tf.reshape(mask, bySample);
    return withGradient({
      value: tf.add(a, tf.mul(b, factors)),
      saved: [factors],
      backward: (dy, [kept]) => [tf.clone(dy), tf.mul(dy, kept)],
    });
  });
}

/** The first rows, of many. */
function shown(rows: readonly number[]): string {
  return rows.length > 8 ? `${rows.slice(0, 8).join(", ")}, …` : rows.join(", ");
}

function gathered(x: tf.Tensor, rows: readonly number[], scale: number): tf.Tensor {
  if (hasKernel("GatherRows")) return runKernel("GatherRows", { x }, { rows, scale })[0];
  if (rows.length === 0) return tf.zeros([0, ...x.shape.slice(1)]);
  const taken = tf.gather(x, tf.tensor1d([...rows], "int32"));
  return scale === 1 ? taken : tf.mul(taken, scale);
}

function scattered(
  x: tf.Tensor | undefined,
  values: tf.Tensor,
  attributes: { readonly rows: readonly number[]; readonly scale: number; readonly batch: number },
): tf.Tensor {
  if (hasKernel("ScatterRows")) {
    return runKernel("ScatterRows", x ? { x, values } : { values }, attributes)[0];
  }
  const { rows, scale, batch } = attributes;
  const shape = [batch, ...values.shape.slice(1)];
  if (rows.length === 0) return x ? tf.clone(x) : tf.zeros(shape);
  if (x && rows.length === batch) return tf.add(x, scale === 1 ? values : tf.mul(values, scale)); // all rows
  const places = tf.tensor2d([...rows], [rows.length, 1], "int32");
  const placed = tf.scatterND(places, scale === 1 ? values : tf.mul(values, scale), shape);
  return x ? tf.add(x, placed) : placed;
}
