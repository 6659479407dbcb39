import * as tf from "@tensorflow/tfjs-core";
import { type Kernel, replaceKernel, sizeOf } from "kernel-contract";
import type { Context } from "../../context.ts";

/**
 * `Sum` and `Mean` of float32. tfjs' own kernels add one number after the other in float32, 1e-3 off at millions of them, and
 * transpose first unless the axes are the last. Here short blocks are added in float32, the blocks in float64.
 */
export const sum: Kernel<Context> = reduction("Sum", () => 1);
export const mean: Kernel<Context> = reduction("Mean", (count) => count);

function reduction(name: "Sum" | "Mean", divisor: (count: number) => number): Kernel<Context> {
  return replaceKernel(name, (context, { x }, { axis, keepDims }, own) => {
    const axes = tf.util.parseAxisParam(axis, [...x.shape]).sort((a, b) => a - b);
    if (x.dtype !== "float32" || axes.length === 0) return own();
    const count = sizeOf(axes.map((value) => x.shape[value]!));
    let y = x;
    let rest = axes;
    while (rest.length > 0) {
      const first = rest.findIndex((value, i) => rest.at(-1)! - value === rest.length - 1 - i);
      const next = sumOfBlock(context, y, rest[first]!, rest.length - first, first > 0 ? 1 : divisor(count));
      if (y !== x) context.backend.disposeData(y.dataId);
      rest = rest.slice(0, first);
      y = next;
    }
    const shape = x.shape.flatMap((side, i) => (axes.includes(i) ? (keepDims ? [1] : []) : [side]));
    return { ...y, shape };
  });
}

/** Over the axes `first` … `first + length - 1`, each of which becomes 1. */
function sumOfBlock(
  context: Context,
  x: tf.TensorInfo,
  first: number,
  length: number,
  divisor: number,
): tf.TensorInfo {
  const [before, block, after] = [
    x.shape.slice(0, first),
    x.shape.slice(first, first + length),
    x.shape.slice(first + length),
  ];
  const y = context.output([...before, ...block.map(() => 1), ...after]);
  const sides = { outer: sizeOf(before), rows: sizeOf(block), columns: sizeOf(after) };
  sumRows(context, context.pointer(x), context.pointer(y), sides, divisor);
  return y;
}

/** From `[outer, rows, columns]` at an address to `[outer, columns]` at another. */
export function sumRows(
  context: Context,
  from: number,
  to: number,
  { outer, rows, columns }: { readonly outer: number; readonly rows: number; readonly columns: number },
  divisor = 1,
): void {
  if (columns === 1) context.c.row_sum(from, to, outer, rows, divisor);
  else context.c.column_sum(from, to, outer, rows, columns, divisor);
}
