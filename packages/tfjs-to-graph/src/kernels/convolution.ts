import { backend_util } from "@tensorflow/tfjs-core";
import { type Attributes, attribute } from "../graph/attribute.ts";
import type { GraphBuilder } from "../graph/graph-builder.ts";
import type { Operand } from "../graph/operand.ts";
import type { TensorSpec } from "../trace/traced.ts";
import { sameShape } from "../varying/size.ts";
import { activated, fusion } from "./activation.ts";
import type { KernelCall } from "./kernel-call.ts";
import { type KernelRow, type KernelRows, row } from "./kernel-row.ts";

type Pair = [number, number];
type Padding = "valid" | "same" | number | backend_util.ExplicitPadding;
type Rounding = "floor" | "round" | "ceil";

interface ConvAttrs {
  readonly strides: number | Pair;
  readonly pad: Padding;
  readonly dilations: number | Pair;
  readonly dimRoundingMode?: Rounding;
  readonly dataFormat?: "NHWC" | "NCHW";
}

const two = (value: number | Pair): Pair => (typeof value === "number" ? [value, value] : value);

function shapeOf(x: TensorSpec, filter: TensorSpec, attrs: ConvAttrs, depthwise: boolean): TensorSpec {
  const { outShape } = backend_util.computeConv2DInfo(
    ...([x.shape, filter.shape] as unknown as [
      [number, number, number, number],
      [number, number, number, number],
    ]),
    ...([attrs.strides, attrs.dilations ?? 1, attrs.pad, attrs.dimRoundingMode, depthwise] as const),
    backend_util.convertConv2DDataFormat(attrs.dataFormat ?? "NHWC"),
  );
  return { shape: outShape, dtype: x.dtype };
}

/** Strides, dilations and padding of a convolution or a pooling. */
export function windowAttrs(call: KernelCall, isPool = false): Attributes {
  if ((call.fixed<string | null>("dataFormat") ?? "NHWC") !== "NHWC")
    throw call.refuse("channels must come last");
  const [height, width] = two(call.fixed<number | Pair>("strides"));
  const [tall, wide] = two(call.fixed<number | Pair | null>("dilations") ?? 1);
  return {
    strides: attribute.ints([1, height, width, 1]),
    ...(!isPool && { dilations: attribute.ints([1, tall, wide, 1]) }),
    ...paddingAttrs(call, isPool),
    data_format: attribute.text("NHWC"),
  };
}

function paddingAttrs(call: KernelCall, isPool: boolean): Attributes {
  const pad = call.fixed<Padding>("pad");
  const none = isPool ? {} : { explicit_paddings: attribute.ints([]) };
  if (typeof pad === "string") return { padding: attribute.text(pad.toUpperCase()), ...none };
  const rounding = call.fixed<Rounding | null>("dimRoundingMode") ?? "floor";
  if (rounding !== "floor") throw call.refuse(`rounding by '${rounding}' has no counterpart in graph models`);
  if (pad === 0) return { padding: attribute.text("VALID"), ...none };
  if (isPool) throw call.refuse("padding by numbers has no counterpart in graph models");
  const sides = typeof pad === "number" ? [0, 0, pad, pad, pad, pad, 0, 0] : pad.flat();
  return { padding: attribute.text("EXPLICIT"), explicit_paddings: attribute.ints(sides) };
}

/** A convolution with a bias and an activation: one node if there is a bias for each channel. */
function fused(op: string, plain: string): KernelRow {
  const depthwise = plain === "DepthwiseConv2dNative";
  return row<ConvAttrs>(
    ({ x, filter }, attrs) => shapeOf(x!, filter!, attrs, depthwise),
    (call, to) => {
      const [x, filter] = [call.input("x"), call.input("filter")];
      const { bias } = call.inputs;
      const T = attribute.type(x.dtype);
      const window = windowAttrs(call);
      if (bias === undefined || !sameShape(bias.shape, call.output.shape.slice(-1)))
        return activated(to.node(plain, [x.ref, filter.ref], { T, ...window }), bias, call, to);
      const { refs, attrs } = fusion(bias, call);
      const TArgs = attribute.types(refs.map(() => x.dtype)); // which TensorFlow's convolution wants
      return to.node(op, [x.ref, filter.ref, ...refs], {
        T,
        ...(!depthwise && { TArgs }),
        ...window,
        ...attrs,
      });
    },
  );
}

function plain(op: string): KernelRow {
  return row<ConvAttrs>(
    ({ x, filter }, attrs) => shapeOf(x!, filter!, attrs, op === "DepthwiseConv2dNative"),
    (call, to) => {
      const [x, filter] = [call.input("x"), call.input("filter")];
      return to.node(op, [x.ref, filter.ref], { T: attribute.type(x.dtype), ...windowAttrs(call) });
    },
  );
}

interface TransposedAttrs extends ConvAttrs {
  readonly inputShape: number[];
}

/** Kernels of convolutions. */
export const CONVOLUTION: KernelRows = {
  Conv2D: plain("Conv2D"),
  FusedConv2D: fused("_FusedConv2D", "Conv2D"),
  DepthwiseConv2dNative: plain("DepthwiseConv2dNative"),
  FusedDepthwiseConv2D: fused("FusedDepthwiseConv2dNative", "DepthwiseConv2dNative"),
  Conv2DBackpropInput: row<TransposedAttrs>(
    ({ dy }, { inputShape }) => ({ shape: inputShape, dtype: dy!.dtype }),
    (call, to) => {
      const [dy, filter] = [call.input("dy"), call.input("filter")];
      const shape = to.ints(call.sizes("inputShape"));
      const T = attribute.type(dy.dtype);
      return to.node("Conv2DBackpropInput", [shape, filter.ref, dy.ref], { T, ...windowAttrs(call) });
    },
  ),
  Conv3D: row<{ strides: number; pad: "valid" | "same"; dilations: number }>(
    ({ x, filter }, { strides, pad, dilations }) => {
      const { outShape } = backend_util.computeConv3DInfo(
        ...([five(x!), five(filter!), strides, dilations, pad] as const),
      );
      return { shape: outShape, dtype: x!.dtype };
    },
    (call, to) => {
      const refs = [call.input("x").ref, call.input("filter").ref];
      return to.node("Conv3D", refs, {
        T: attribute.type(call.output.dtype),
        ...volumeAttrs(call, "dilations"),
      });
    },
  ),
  Dilation2D: row<{ strides: number | Pair; pad: "valid" | "same"; dilations: number | Pair }>(
    ({ x, filter }, { strides, pad, dilations }) => {
      const sides = [...x!.shape] as [number, number, number, number];
      const { outShape } = backend_util.computeDilation2DInfo(
        ...([
          sides,
          [...filter!.shape] as [number, number, number],
          strides,
          pad,
          "NHWC",
          dilations,
        ] as const),
      );
      return { shape: outShape, dtype: x!.dtype };
    },
    (call, to) => dilation(call.input("x"), call.input("filter"), call, to),
  ),
};

function dilation(x: Operand, filter: Operand, call: KernelCall, to: GraphBuilder): string {
  const { dilations, ...window } = windowAttrs(call, false);
  const { explicit_paddings: _, data_format: __, ...own } = window;
  return to.node("Dilation2D", [x.ref, filter.ref], {
    T: attribute.type(x.dtype),
    ...own,
    rates: dilations!,
  });
}

/** Five sides. */
export function five({ shape }: TensorSpec): [number, number, number, number, number] {
  return [...shape] as [number, number, number, number, number];
}

/** Strides and padding of three axes, and sizes by a name of their own. */
export function volumeAttrs(call: KernelCall, name: "dilations" | "filterSize"): Attributes {
  if ((call.fixed<string | null>("dataFormat") ?? "NDHWC") !== "NDHWC")
    throw call.refuse("channels must come last");
  const three = (attr: string): number[] => {
    const value = call.fixed<number | number[] | null>(attr) ?? 1;
    return typeof value === "number" ? [value, value, value] : value;
  };
  const pad = call.fixed<string | number>("pad");
  if (typeof pad === "number") {
    const rounding = call.fixed<Rounding | null>("dimRoundingMode") ?? "floor";
    if (pad !== 0 || rounding !== "floor")
      throw call.refuse("padding by numbers has no counterpart in graph models");
  }
  return {
    strides: attribute.ints([1, ...three("strides"), 1]),
    [name === "dilations" ? name : "ksize"]: attribute.ints([1, ...three(name), 1]),
    padding: attribute.text(pad === 0 ? "VALID" : String(pad).toUpperCase()),
    data_format: attribute.text("NDHWC"),
  };
}
