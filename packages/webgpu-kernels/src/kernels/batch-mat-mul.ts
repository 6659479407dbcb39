import type * as tf from "@tensorflow/tfjs-core";
import { type Kernel, replaceKernel, sizeOf } from "kernel-contract";
import type { Context } from "../context.ts";
import { sumOfRows } from "./column-sum.ts";

/** Rows and columns of the result that one workgroup of tfjs' own kernel computes. */
const TILE = 32;
/** Workgroups that keep a large GPU busy. */
const GROUPS = 1024;
/** Least length of a part; sums shorter than eight parts are not cut. */
const INNER = 256;

/**
 * `BatchMatMul` of a weight's gradient, xᵀ dy: a small result whose elements are sums over all tokens of a batch. tfjs' own
 * kernel runs one workgroup per tile of the result, too few for a large GPU. Here the tokens are cut into parts, tfjs' own
 * kernel multiplies each, and the products are added in a fixed order. (For still smaller results tfjs adds partial sums
 * atomically, in another order each time.) All other products are left to tfjs' own kernel.
 */
export const batchMatMul: Kernel<Context> = replaceKernel(
  "BatchMatMul",
  (context, { a, b }, { transposeA, transposeB }, own) => {
    const parts = transposeA && !transposeB ? partsOf(a, b) : 1;
    if (parts === 1) return own();
    const [left, right] = [inParts(context, a, parts), inParts(context, b, parts)];
    const products = own({ a: left, b: right }) as tf.TensorInfo;
    context.free(left);
    context.free(right);
    try {
      const [m, n] = [a.shape.at(-1)!, b.shape.at(-1)!];
      const shape = [...a.shape.slice(0, -2), m, n];
      return sumOfRows(context, products, { outer: 1, rows: parts, columns: m * n }, shape);
    } finally {
      context.backend.disposeData(products.dataId);
    }
  },
);

/** Number of equal parts of the inner dimension. */
function partsOf(a: tf.TensorInfo, b: tf.TensorInfo): number {
  if (a.dtype !== "float32" || b.dtype !== "float32") return 1;
  if (sizeOf(a.shape.slice(0, -2)) !== 1 || sizeOf(b.shape.slice(0, -2)) !== 1) return 1;
  const [inner, m] = a.shape.slice(-2) as [number, number];
  const n = b.shape.at(-1)!;
  if (m * n === 0 || inner < 8 * INNER) return 1;
  const groups = Math.ceil(m / TILE) * Math.ceil(n / TILE);
  const most = Math.floor(inner / INNER);
  for (let parts = Math.ceil(GROUPS / groups); parts <= most; parts++) if (inner % parts === 0) return parts;
  for (let parts = most; parts > 1; parts--) if (inner % parts === 0) return parts;
  return 1;
}

function inParts(context: Context, { dataId, shape, dtype }: tf.TensorInfo, parts: number): tf.TensorInfo {
  const [inner, outer] = shape.slice(-2) as [number, number];
  return context.share({ dataId, dtype, shape: [parts, inner / parts, outer] });
}
