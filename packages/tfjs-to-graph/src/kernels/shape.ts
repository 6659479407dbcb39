import { attribute } from "../graph/attribute.ts";
import { isVarying, type Size } from "../varying/size.ts";
import { type KernelRows, row } from "./kernel-row.ts";
import { reshaped } from "./reshape.ts";

const int = attribute.type("int32");

/** Kernels that move numbers, or repeat them, without a look at their values. */
export const SHAPE: KernelRows = {
  Reshape: row<{ shape: number[] }>(
    ({ x }, { shape }) => {
      const size = x!.shape.reduce((product, side) => product * side, 1);
      const known = shape.reduce((product, side) => (side === -1 ? product : product * side), 1);
      return { shape: shape.map((side) => (side === -1 ? size / known : side)), dtype: x!.dtype };
    },
    (call, to) => reshaped(call.input("x"), call.output.shape, to),
  ),
  ExpandDims: row<{ dim: number }>(
    ({ input }, { dim }) => {
      const shape = [...input!.shape];
      shape.splice(dim < 0 ? shape.length + 1 + dim : dim, 0, 1);
      return { shape, dtype: input!.dtype };
    },
    (call, to) => reshaped(call.input("input"), call.output.shape, to),
  ),
  Transpose: row<{ perm: number[] }>(
    ({ x }, { perm }) => ({ shape: perm.map((axis) => x!.shape[axis]!), dtype: x!.dtype }),
    (call, to) => {
      const x = call.input("x");
      const perm = to.ints(call.fixed<number[]>("perm"));
      return to.node("Transpose", [x.ref, perm], { T: attribute.type(x.dtype), Tperm: int });
    },
  ),
  Tile: row<{ reps: number[] }>(
    ({ x }, { reps }) => ({ shape: x!.shape.map((side, i) => side * reps[i]!), dtype: x!.dtype }),
    (call, to) => {
      const x = call.input("x");
      const multiples = to.ints(call.sizes("reps"));
      return to.node("Tile", [x.ref, multiples], { T: attribute.type(x.dtype), Tmultiples: int });
    },
  ),
  PadV2: row<{ paddings: [number, number][]; constantValue: number }>(
    ({ x }, { paddings }) => ({
      shape: x!.shape.map((side, i) => side + paddings[i]![0] + paddings[i]![1]),
      dtype: x!.dtype,
    }),
    (call, to) => {
      const x = call.input("x");
      const paddings = to.table(call.fixed<[number, number][]>("paddings"));
      const value = to.scalar(call.fixed<number | null>("constantValue") ?? 0, x.dtype);
      return to.node("PadV2", [x.ref, paddings, value], { T: attribute.type(x.dtype), Tpaddings: int });
    },
  ),
  MirrorPad: row<{ paddings: [number, number][] }>(
    ({ x }, { paddings }) => ({
      shape: x!.shape.map((side, i) => side + paddings[i]![0] + paddings[i]![1]),
      dtype: x!.dtype,
    }),
    (call, to) => {
      const x = call.input("x");
      const paddings = to.table(call.fixed<[number, number][]>("paddings"));
      const mode = attribute.text(call.fixed<string>("mode").toUpperCase());
      return to.node("MirrorPad", [x.ref, paddings], { T: attribute.type(x.dtype), Tpaddings: int, mode });
    },
  ),
  Reverse: row(
    ({ x }) => x!,
    (call, to) => {
      const x = call.input("x");
      const rank = x.shape.length;
      const axes = [call.fixed<number | number[]>("dims")]
        .flat()
        .map((axis) => (axis < 0 ? axis + rank : axis));
      return to.node("ReverseV2", [x.ref, to.ints(axes)], { T: attribute.type(x.dtype), Tidx: int });
    },
  ),
  FlipLeftRight: row(
    ({ image }) => image!,
    (call, to) => {
      const image = call.input("image");
      return to.node("ReverseV2", [image.ref, to.ints([2])], { T: attribute.type(image.dtype), Tidx: int });
    },
  ),
  SpaceToBatchND: row<{ blockShape: number[]; paddings: number[][] }>(
    ({ x }, { blockShape, paddings }) => {
      const [batch = 0, ...sides] = x!.shape;
      const block = blockShape.reduce((product, side) => product * side, 1);
      const shape = sides.map((side, i) => {
        const padded = side + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0);
        return padded / (blockShape[i] ?? 1);
      });
      return { shape: [batch * block, ...shape], dtype: x!.dtype };
    },
    (call, to) => {
      const x = call.input("x");
      const block = to.ints(call.fixed<number[]>("blockShape"));
      const paddings = to.table(call.fixed<number[][]>("paddings"));
      const types = { T: attribute.type(x.dtype), Tblock_shape: int, Tpaddings: int };
      return to.node("SpaceToBatchND", [x.ref, block, paddings], types);
    },
  ),
  BatchToSpaceND: row<{ blockShape: number[]; crops: number[][] }>(
    ({ x }, { blockShape, crops }) => {
      const [batch = 0, ...sides] = x!.shape;
      const block = blockShape.reduce((product, side) => product * side, 1);
      const shape = sides.map((side, i) => {
        const whole = side * (blockShape[i] ?? 1);
        return whole - (crops[i]?.[0] ?? 0) - (crops[i]?.[1] ?? 0);
      });
      return { shape: [batch / block, ...shape], dtype: x!.dtype };
    },
    (call, to) => {
      const x = call.input("x");
      const block = to.ints(call.fixed<number[]>("blockShape"));
      const crops = to.table(call.fixed<number[][]>("crops"));
      const types = { T: attribute.type(x.dtype), Tblock_shape: int, Tcrops: int };
      return to.node("BatchToSpaceND", [x.ref, block, crops], types);
    },
  ),
  DepthToSpace: row<{ blockSize: number }>(
    ({ x }, { blockSize }) => {
      const [batch, height, width, depth] = x!.shape as [number, number, number, number];
      return {
        shape: [batch, height * blockSize, width * blockSize, depth / (blockSize * blockSize)],
        dtype: x!.dtype,
      };
    },
    (call, to) => {
      const x = call.input("x");
      if (call.fixed<string>("dataFormat") !== "NHWC") throw call.refuse("channels must come last");
      return to.node("DepthToSpace", [x.ref], {
        ...{ T: attribute.type(x.dtype), data_format: attribute.text("NHWC") },
        block_size: attribute.int(call.fixed<number>("blockSize")),
      });
    },
  ),
};

/** Sides of a slice, those that reach the end as −1: such a side may have any size. */
export function toTheEnd(begin: readonly Size[], size: readonly Size[], shape: readonly Size[]): Size[] {
  return size.map((count, i) => {
    const start = begin[i]!;
    if (count === -1) return -1;
    if (!isVarying(count) || isVarying(start)) return count;
    const side = shape[i]!;
    const reaches = isVarying(side) && count.values.every((n, trace) => n + start === side.values[trace]);
    return reaches ? -1 : count;
  });
}
