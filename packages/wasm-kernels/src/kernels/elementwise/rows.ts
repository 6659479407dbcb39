import { defineKernel, type Kernel, requireFloat32, sizeOf } from "kernel-contract";
import type { Context } from "../../context.ts";

/** `y[i] = scale · x[rows[i]]`. */
export const gatherRows: Kernel<Context> = defineKernel("GatherRows", (context, { x }, { rows, scale }) => {
  requireFloat32("GatherRows", { x });
  const [batch, ...inner] = x.shape;
  requireRows("GatherRows", rows, batch!);
  const y = context.output([rows.length, ...inner]);
  const at = context.scratch(rows.length);
  context.writeInts(at, rows);
  context.c.gather_rows(context.pointer(x), at, context.pointer(y), rows.length, sizeOf(inner), scale);
  return y;
});

/** `y = x`, or zeros, plus `scale · values[i]` at `rows[i]`. */
export const scatterRows: Kernel<Context> = defineKernel(
  "ScatterRows",
  (context, { x, values }, { rows, batch, scale }) => {
    requireFloat32("ScatterRows", x ? { x, values } : { values });
    requireRows("ScatterRows", rows, batch);
    const [count, ...inner] = values.shape;
    if (count !== rows.length || (x && x.shape.join() !== [batch, ...inner].join())) {
      throw new RangeError(
        `ScatterRows: expected values [${rows.length}, ...]${x ? ` and x [${batch}, ...]` : ""}, ` +
          `got [${values.shape}]${x ? ` and [${x.shape}]` : ""}`,
      );
    }
    const y = context.output([batch, ...inner]);
    const at = context.scratch(rows.length);
    context.writeInts(at, rows);
    const pointers = [context.pointerOrNull(x), context.pointer(values), at, context.pointer(y)] as const;
    context.c.scatter_rows(...pointers, rows.length, batch, sizeOf(inner), scale);
    return y;
  },
);

/** The kernels write where the rows say: a wrong one would overwrite other tensors. */
export function requireRows(op: string, rows: readonly number[], batch: number): void {
  const ascend = rows.every((row, i) => Number.isInteger(row) && row > (rows[i - 1] ?? -1) && row < batch);
  if (!ascend) throw new RangeError(`${op}: expected ascending rows in 0...${batch - 1}, got [${rows}]`);
}
