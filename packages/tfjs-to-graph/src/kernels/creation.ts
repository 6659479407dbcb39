import type { DataType, TypedArray } from "@tensorflow/tfjs-core";
import { attribute } from "../graph/attribute.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import { firstSize, type Size } from "../varying/size.ts";
import { type KernelRows, row } from "./kernel-row.ts";
import { reshaped } from "./reshape.ts";

const int = attribute.type("int32");

/** A tensor of one number everywhere. */
export function filled(value: string, shape: readonly Size[], dtype: DataType, to: GraphBuilder): string {
  if (shape.length === 0) return value;
  return to.node("Fill", [to.ints(shape), value], { T: attribute.type(dtype), index_type: int });
}

/** Numbers from 0 on along an axis; other sides are 1. */
export function counted(shape: readonly Size[], axis: number, dtype: DataType, to: GraphBuilder): string {
  const count = shape[axis]!;
  const limits = [to.scalar(0, dtype), number(count, dtype, to), to.scalar(1, dtype)];
  const ref = to.node("Range", limits, { Tidx: attribute.type(dtype) });
  return reshaped({ ref, shape: [count], dtype }, shape, to);
}

/** Numbers that are repeated along an axis. */
export function repeated(
  values: TypedArray,
  axis: number,
  shape: readonly Size[],
  dtype: DataType,
  to: GraphBuilder,
): string {
  const once = to.constant(
    values,
    shape.map((side, i) => (i === axis ? 1 : firstSize(side))),
    dtype,
  );
  const multiples = to.ints(shape.map((side, i) => (i === axis ? side : 1)));
  return to.node("Tile", [once, multiples], { T: attribute.type(dtype), Tmultiples: int });
}

/** A whole number as a scalar of a type. */
export function number(size: Size, dtype: DataType, to: GraphBuilder): string {
  if (typeof size === "number") return to.scalar(size, dtype);
  const whole = to.int(size);
  return dtype === "int32" ? whole : to.node("Cast", [whole], { SrcT: int, DstT: attribute.type(dtype) });
}

/** Kernels that make tensors of nothing. */
export const CREATION: KernelRows = {
  Fill: row<{ shape: number[]; value: number; dtype: DataType | null }>(
    (_, { shape, value, dtype }) => ({
      shape,
      dtype: dtype ?? (typeof value === "boolean" ? "bool" : "float32"),
    }),
    (call, to) => {
      const { shape, dtype } = call.output;
      return filled(number(call.sizes("value")[0]!, dtype, to), shape, dtype, to);
    },
  ),
  Range: row<{ start: number; stop: number; step: number; dtype: "float32" | "int32" | null }>(
    (_, { start, stop, step, dtype }) => ({
      shape: [Math.max(0, Math.ceil((stop - start) / step))],
      dtype: dtype ?? "float32",
    }),
    (call, to) => {
      const { dtype } = call.output;
      const limits = ["start", "stop", "step"].map((name) => number(call.sizes(name)[0]!, dtype, to));
      return to.node("Range", limits, { Tidx: attribute.type(dtype) });
    },
  ),
  LinSpace: row<{ num: number }>(
    (_, { num }) => ({ shape: [num], dtype: "float32" }),
    (call, to) => {
      const ends = ["start", "stop"].map((name) => to.scalar(call.fixed<number>(name), "float32"));
      const count = to.int(call.sizes("num")[0]!);
      return to.node("LinSpace", [...ends, count], { T: attribute.type("float32"), Tidx: int });
    },
  ),
};
