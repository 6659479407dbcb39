import { backend_util, slice_util } from "@tensorflow/tfjs-core";
import { attribute } from "../graph/attribute.ts";
import { type KernelRows, listed, row, rowOfMany } from "./kernel-row.ts";
import { toTheEnd } from "./shape.ts";

const int = attribute.type("int32");

interface StridedSliceAttrs {
  readonly begin: number[];
  readonly end: number[];
  readonly strides: number[];
  readonly beginMask: number;
  readonly endMask: number;
  readonly ellipsisMask: number;
  readonly newAxisMask: number;
  readonly shrinkAxisMask: number;
}

const MASKS = {
  ...{ beginMask: "begin_mask", endMask: "end_mask", ellipsisMask: "ellipsis_mask" },
  ...{ newAxisMask: "new_axis_mask", shrinkAxisMask: "shrink_axis_mask" },
};

/** Kernels that take parts of tensors, and put tensors together. */
export const SLICE_JOIN: KernelRows = {
  Slice: row<{ begin: number | number[]; size: number | number[] }>(
    ({ x }, { begin, size }) => {
      const [, sides] = slice_util.parseSliceParams(filler(x!), begin, size);
      return { shape: sides!, dtype: x!.dtype };
    },
    (call, to) => {
      const x = call.input("x");
      const rank = x.shape.length;
      const given = call.sizes("begin");
      const begin = Array.from({ length: rank }, (_, i) => given[i] ?? 0); // the rest is whole
      const size = toTheEnd(begin, call.output.shape, x.shape);
      return to.node("Slice", [x.ref, to.ints(begin), to.ints(size)], {
        ...{ T: attribute.type(x.dtype), Index: int },
      });
    },
  ),
  StridedSlice: row<StridedSliceAttrs>(
    ({ x }, attrs) => {
      const { finalShape } = slice_util.sliceInfo(
        [...x!.shape],
        attrs.begin,
        attrs.end,
        attrs.strides,
        attrs.beginMask,
        attrs.endMask,
        attrs.ellipsisMask,
        attrs.newAxisMask,
        attrs.shrinkAxisMask,
      );
      return { shape: finalShape, dtype: x!.dtype };
    },
    (call, to) => {
      const x = call.input("x");
      const [begin, end] = [call.sizes("begin"), call.sizes("end")];
      const masks = Object.entries(MASKS).map(
        ([own, theirs]) => [theirs, attribute.int(call.fixed<number | null>(own) ?? 0)] as const,
      );
      const strides = to.ints(call.fixed<number[]>("strides"));
      return to.node("StridedSlice", [x.ref, to.ints(begin), to.ints(end), strides], {
        ...{ T: attribute.type(x.dtype), Index: int },
        ...Object.fromEntries(masks),
      });
    },
  ),
  Concat: row<{ axis: number }>(
    (inputs, { axis }) => {
      const all = listed(inputs);
      const at = axis < 0 ? axis + all[0]!.shape.length : axis;
      const shape = backend_util.computeOutShape(
        all.map(({ shape }) => [...shape]),
        at,
      );
      return { shape, dtype: all[0]!.dtype };
    },
    (call, to) => {
      const { list, output } = call;
      const axis = call.fixed<number>("axis");
      const at = to.scalar(axis < 0 ? axis + output.shape.length : axis, "int32");
      return to.node("ConcatV2", [...list.map(({ ref }) => ref), at], {
        ...{ N: attribute.int(list.length), T: attribute.type(output.dtype), Tidx: int },
      });
    },
  ),
  Pack: row<{ axis: number }>(
    (inputs, { axis }) => {
      const all = listed(inputs);
      const shape = [...all[0]!.shape];
      shape.splice(axis < 0 ? shape.length + 1 + axis : axis, 0, all.length);
      return { shape, dtype: all[0]!.dtype };
    },
    (call, to) => {
      const { list, output } = call;
      return to.node(
        "Pack",
        list.map(({ ref }) => ref),
        {
          ...{ N: attribute.int(list.length), T: attribute.type(output.dtype) },
          axis: attribute.int(call.fixed<number>("axis")),
        },
      );
    },
  ),
  Unpack: rowOfMany<{ axis: number }>(
    ({ value }, { axis }) => {
      const shape = [...value!.shape];
      const [count = 0] = shape.splice(axis < 0 ? axis + shape.length : axis, 1);
      return Array.from({ length: count }, () => ({ shape, dtype: value!.dtype }));
    },
    (call, to) => {
      const value = call.input("value");
      const { length } = call.outputs;
      const name = to.node("Unpack", [value.ref], {
        ...{ num: attribute.int(length), T: attribute.type(value.dtype) },
        axis: attribute.int(call.fixed<number>("axis")),
      });
      return call.outputs.map((_, i) => (i === 0 ? name : `${name}:${i}`));
    },
  ),
  SplitV: rowOfMany<{ numOrSizeSplits: number | number[]; axis: number }>(
    ({ x }, { numOrSizeSplits, axis }) => {
      const at = axis < 0 ? axis + x!.shape.length : axis;
      const sides = backend_util.prepareSplitSize(filler(x!), numOrSizeSplits, at);
      return sides.map((side) => ({ shape: x!.shape.with(at, side), dtype: x!.dtype }));
    },
    (call, to) => {
      const x = call.input("x");
      const axis = call.fixed<number>("axis");
      const at = axis < 0 ? axis + x.shape.length : axis;
      const sides = to.ints(call.outputs.map(({ shape }) => shape[at]!));
      const name = to.node("SplitV", [x.ref, sides, to.scalar(at, "int32")], {
        ...{ num_split: attribute.int(call.outputs.length), T: attribute.type(x.dtype), Tlen: int },
      });
      return call.outputs.map((_, i) => (i === 0 ? name : `${name}:${i}`));
    },
  ),
  GatherV2: row<{ axis: number; batchDims: number }>(
    ({ x, indices }, { axis, batchDims }) => {
      const at = axis < 0 ? axis + x!.shape.length : axis;
      const batch = batchDims ?? 0;
      const shape = [
        ...[...x!.shape.slice(0, at), ...indices!.shape.slice(batch)],
        ...x!.shape.slice(at + 1),
      ];
      return { shape, dtype: x!.dtype };
    },
    (call, to) => {
      const [x, indices] = [call.input("x"), call.input("indices")];
      const axis = to.scalar(call.fixed<number>("axis"), "int32");
      return to.node("GatherV2", [x.ref, indices.ref, axis], {
        ...{ Tparams: attribute.type(x.dtype), Tindices: attribute.type(indices.dtype), Taxis: int },
        batch_dims: attribute.int(call.fixed<number | null>("batchDims") ?? 0),
      });
    },
  ),
  GatherNd: row(
    ({ params, indices }) => ({
      shape: [...indices!.shape.slice(0, -1), ...params!.shape.slice(indices!.shape.at(-1)!)],
      dtype: params!.dtype,
    }),
    (call, to) => {
      const [params, indices] = [call.input("params"), call.input("indices")];
      return to.node("GatherNd", [params.ref, indices.ref], {
        ...{ Tparams: attribute.type(params.dtype), Tindices: attribute.type(indices.dtype) },
      });
    },
  ),
  ScatterNd: row<{ shape: number[] }>(
    ({ updates }, { shape }) => ({ shape, dtype: updates!.dtype }),
    (call, to) => {
      const [indices, updates] = [call.input("indices"), call.input("updates")];
      return to.node("ScatterNd", [indices.ref, updates.ref, to.ints(call.sizes("shape"))], {
        ...{ T: attribute.type(updates.dtype), Tindices: attribute.type(indices.dtype) },
      });
    },
  ),
  TensorScatterUpdate: row(
    ({ tensor }) => tensor!,
    (call, to) => {
      const [tensor, indices, updates] = [call.input("tensor"), call.input("indices"), call.input("updates")];
      return to.node("TensorScatterUpdate", [tensor.ref, indices.ref, updates.ref], {
        ...{ T: attribute.type(tensor.dtype), Tindices: attribute.type(indices.dtype) },
      });
    },
  ),
  OneHot: row<{ depth: number; dtype: "float32" | "int32" | "bool" | null }>(
    ({ indices }, { depth, dtype }) => ({ shape: [...indices!.shape, depth], dtype: dtype ?? "int32" }),
    (call, to) => {
      const indices = call.input("indices");
      const { dtype } = call.output;
      const depth = to.int(call.sizes("depth")[0]!);
      const values = [call.fixed<number>("onValue"), call.fixed<number>("offValue")];
      return to.node("OneHot", [indices.ref, depth, ...values.map((value) => to.scalar(value, dtype))], {
        ...{ T: attribute.type(dtype), TI: attribute.type(indices.dtype), axis: attribute.int(-1) },
      });
    },
  ),
};

/** tfjs' own helpers want tensors, of which they look at the shape only. */
function filler<T>({ shape }: { readonly shape: readonly number[] }): T {
  return { shape: [...shape], rank: shape.length } as T;
}
