import { backend_util } from "@tensorflow/tfjs-core";
import { attribute } from "../graph/attribute.ts";
import { five, volumeAttrs, windowAttrs } from "./convolution.ts";
import { type KernelRow, type KernelRows, row } from "./kernel-row.ts";

interface PoolAttrs {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

function pool(op: string): KernelRow {
  return row<PoolAttrs>(
    ({ x }, { filterSize, strides, pad, dimRoundingMode }) => {
      const sides = [...x!.shape] as [number, number, number, number];
      const { outShape } = backend_util.computePool2DInfo(
        sides,
        filterSize,
        strides,
        1,
        pad,
        dimRoundingMode,
      );
      return { shape: outShape, dtype: x!.dtype };
    },
    (call, to) => {
      const x = call.input("x");
      const size = call.fixed<number | [number, number]>("filterSize");
      const [height, width] = typeof size === "number" ? [size, size] : size;
      const ksize = attribute.ints([1, height, width, 1]);
      return to.node(op, [x.ref], { T: attribute.type(x.dtype), ksize, ...windowAttrs(call, true) });
    },
  );
}

interface VolumeAttrs {
  readonly filterSize: number | [number, number, number];
  readonly strides: number | [number, number, number];
  readonly pad: "valid" | "same" | number;
  readonly dimRoundingMode?: "floor" | "round" | "ceil";
}

function pool3d(op: string): KernelRow {
  return row<VolumeAttrs>(
    ({ x }, { filterSize, strides, pad, dimRoundingMode }) => {
      const { outShape } = backend_util.computePool3DInfo(
        ...([five(x!), filterSize, strides, 1, pad, dimRoundingMode] as const),
      );
      return { shape: outShape, dtype: x!.dtype };
    },
    (call, to) => {
      const x = call.input("x");
      return to.node(op, [x.ref], { T: attribute.type(x.dtype), ...volumeAttrs(call, "filterSize") });
    },
  );
}

/** Kernels of poolings. */
export const POOLING: KernelRows = {
  MaxPool: pool("MaxPool"),
  AvgPool: pool("AvgPool"),
  MaxPool3D: pool3d("MaxPool3D"),
  AvgPool3D: pool3d("AvgPool3D"),
};
