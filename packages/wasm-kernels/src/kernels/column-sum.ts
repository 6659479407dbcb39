import * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../context.ts";
import type { Kernel } from "../kernel.ts";

/**
 * `Sum` and `Mean` over axes that lie side by side and not at the end: of a bias' gradient, of batch statistics. Stock
 * tfjs transposes first. Sums over the last axis, which it does well, and of other types are left to it.
 */
export const sum: Kernel = columnReduction("Sum", () => 1);
export const mean: Kernel = columnReduction("Mean", (rows) => rows);

function columnReduction(name: string, divisor: (rows: number) => number): Kernel {
  return {
    name,
    run(context, { x }, { axis, keepDims }, stock) {
      const axes = tf.util.parseAxisParam(axis, [...x!.shape]).sort((a, b) => a - b);
      const first = axes[0] ?? 0;
      const end = first + axes.length;
      const columns = sizeOf(x!.shape.slice(end));
      const isBlock = axes.every((value, i) => value === first + i);
      if (x!.dtype !== "float32" || axes.length === 0 || !isBlock || columns === 1) return stock();
      const outer = sizeOf(x!.shape.slice(0, first));
      const rows = sizeOf(x!.shape.slice(first, end));
      const kept = keepDims ? axes.map(() => 1) : [];
      const y = context.output([...x!.shape.slice(0, first), ...kept, ...x!.shape.slice(end)]);
      context.c.column_sum!(context.pointer(x!), context.pointer(y), outer, rows, columns, divisor(rows));
      return y;
    },
  };
}
