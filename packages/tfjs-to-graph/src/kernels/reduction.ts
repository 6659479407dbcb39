import { backend_util, util } from "@tensorflow/tfjs-core";
import { attribute } from "../graph/attribute.ts";
import type { TensorSpec } from "../trace/traced.ts";
import { cast } from "./elementwise.ts";
import { type KernelRow, type KernelRows, row, rowOfMany } from "./kernel-row.ts";

type Axes = number | number[] | null | undefined;

const axesOf = (axes: Axes, rank: number): number[] =>
  util.parseAxisParam(axes ?? (undefined as unknown as number), Array(rank).fill(1) as number[]);

/** A shape without these axes, or with 1 in their place. */
function reduced(shape: readonly number[], axes: Axes, keepDims: boolean): number[] {
  const gone = new Set(axesOf(axes, shape.length));
  return shape.flatMap((side, i) => (gone.has(i) ? (keepDims ? [1] : []) : [side]));
}

/** A reduction; `attr` is tfjs' name of its axes. */
function reduction(op: string, dtype: (x: TensorSpec) => TensorSpec["dtype"], attr = "axis"): KernelRow {
  return row<Record<string, unknown>>(
    ({ x }, attrs) => ({
      shape: reduced(x!.shape, attrs[attr] as Axes, attrs.keepDims === true),
      dtype: dtype(x!),
    }),
    (call, to) => {
      const x = call.input("x");
      const keep_dims = attribute.bool(call.fixed<boolean | null>("keepDims") === true);
      const axes = to.ints(axesOf(call.fixed<Axes>(attr), x.shape.length));
      const isTruth = op === "All" || op === "Any";
      const { dtype } = call.output; // of a mean of whole numbers: not theirs
      const types = { Tidx: attribute.type("int32"), ...(!isTruth && { T: attribute.type(dtype) }) };
      return to.node(op, [cast(x, dtype, to), axes], { ...types, keep_dims });
    },
  );
}

/** The place of the largest or smallest number. */
function place(op: string): KernelRow {
  return row<{ axis: Axes }>(
    ({ x }, { axis }) => ({ shape: reduced(x!.shape, axis, false), dtype: "int32" }),
    (call, to) => {
      const x = call.input("x");
      const [axis = 0] = axesOf(call.fixed<Axes>("axis"), x.shape.length);
      const int = attribute.type("int32");
      const types = { T: attribute.type(x.dtype), Tidx: int, output_type: int };
      return to.node(op, [x.ref, to.scalar(axis, "int32")], types);
    },
  );
}

/** Sums or products so far. */
function running(op: string): KernelRow {
  return row(
    ({ x }) => x!,
    (call, to) => {
      const x = call.input("x");
      const [axis = 0] = axesOf(call.fixed<Axes>("axis"), x.shape.length);
      return to.node(op, [x.ref, to.scalar(axis, "int32")], {
        ...{ T: attribute.type(x.dtype), Tidx: attribute.type("int32") },
        exclusive: attribute.bool(call.fixed<boolean | null>("exclusive") === true),
        reverse: attribute.bool(call.fixed<boolean | null>("reverse") === true),
      });
    },
  );
}

const own = ({ dtype }: TensorSpec) => dtype;

/** Kernels that reduce axes, or work along them. */
export const REDUCTION: KernelRows = {
  Sum: reduction("Sum", own),
  Mean: reduction("Mean", () => "float32"),
  Prod: reduction("Prod", own),
  Max: reduction("Max", own, "reductionIndices"),
  Min: reduction("Min", own),
  All: reduction("All", own),
  Any: reduction("Any", own),
  ArgMax: place("ArgMax"),
  ArgMin: place("ArgMin"),
  Cumsum: running("Cumsum"),
  Cumprod: running("Cumprod"),
  TopK: rowOfMany<{ k: number }>(
    ({ x }, { k }) => {
      const shape = [...x!.shape.slice(0, -1), k];
      return [
        { shape, dtype: x!.dtype },
        { shape, dtype: "int32" },
      ];
    },
    (call, to) => {
      const x = call.input("x");
      const name = to.node("TopKV2", [x.ref, to.scalar(call.fixed<number>("k"), "int32")], {
        T: attribute.type(x.dtype),
        sorted: attribute.bool(call.fixed<boolean>("sorted")),
      });
      return [name, `${name}:1`];
    },
  ),
  DenseBincount: row<{ size: number }>(
    ({ x, weights }, { size }) => ({
      shape: [...x!.shape.slice(0, -1), size],
      dtype: weights!.dtype,
    }),
    (call, to) => {
      const [x, weights] = [call.input("x"), call.input("weights")];
      return to.node("DenseBincount", [x.ref, to.scalar(call.fixed<number>("size"), "int32"), weights.ref], {
        ...{ Tidx: attribute.type("int32"), T: attribute.type(weights.dtype) },
        binary_output: attribute.bool(call.fixed<boolean | null>("binaryOutput") === true),
      });
    },
  ),
};

/** The shape that several broadcast to. */
export const broadcast = (a: readonly number[], b: readonly number[]): number[] =>
  backend_util.assertAndGetBroadcastShape([...a], [...b]);
