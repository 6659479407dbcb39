import type { Attribute } from "onnx-writer";
import type { Builder } from "../builder.ts";
import { type Converter, cannot, type LayerCall, type NamedWeights } from "../converter.ts";
import { planes, type Value } from "../value.ts";
import { activated } from "./activation.ts";
import { type Pads, padding } from "./padding.ts";

/** Kernel `[height, width, in, out]` → ONNX' `[out, in, height, width]`. */
export function kernelFirst({ name, shape, data }: NamedWeights): NamedWeights {
  const [height, width, inputs, outputs] = shape as [number, number, number, number];
  const area = height * width;
  const to = new Float32Array(data.length);
  for (let at = 0; at < area; at++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++)
        to[(o * inputs + i) * area + at] = data[(at * inputs + i) * outputs + o]!;
    }
  }
  return { name, shape: [outputs, inputs, height, width], data: to };
}

/** What a convolution's node has beside its kernel. */
export interface ConvolutionOptions {
  readonly strides: readonly [number, number];
  readonly dilations?: readonly [number, number];
  readonly groups?: number;
  readonly pads: Pads;
  readonly bias?: NamedWeights | undefined;
}

/** A convolution of planes with a kernel `[out, in / groups, height, width]`. */
export function convolved(x: Value, kernel: NamedWeights, options: ConvolutionOptions, to: Builder): string {
  const { strides, dilations = [1, 1], groups = 1, pads, bias } = options;
  const attributes: Record<string, Attribute> = {
    kernel_shape: { ints: kernel.shape.slice(2) },
    strides: { ints: strides },
    ...(dilations.some((it) => it !== 1) && { dilations: { ints: dilations } }),
    ...(groups !== 1 && { group: { int: groups } }),
    ...pads,
  };
  const inputs = [to.planes(x), to.floats(kernel, kernel.name)];
  if (bias !== undefined) inputs.push(to.floats(bias, bias.name));
  return to.node("Conv", inputs, attributes);
}

export const conv2d: Converter = (call, to) => {
  const [x] = call.inputs;
  const kernel = kernelFirst(call.weight("kernel"));
  const y = convolved(x!, kernel, { ...optionsOf(call, kernel.shape), bias: biasOf(call) }, to);
  return activated(call, planes(y, call.shapes[0]!), to, call.config.activation);
};

export const depthwiseConv2d: Converter = (call, to) => {
  const y = depthwise(call, call.weight("depthwise_kernel"), biasOf(call), to);
  return activated(call, planes(y, call.shapes[0]!), to, call.config.activation);
};

export const separableConv2d: Converter = (call, to) => {
  const inner = depthwise(call, call.weight("depthwise_kernel"), undefined, to);
  const pointwise = kernelFirst(call.weight("pointwise_kernel"));
  const options = { strides: [1, 1], pads: { pads: { ints: [0, 0, 0, 0] } }, bias: biasOf(call) } as const;
  const y = convolved(planes(inner, call.shapes[0]!), pointwise, options, to);
  return activated(call, planes(y, call.shapes[0]!), to, call.config.activation);
};

/** Each channel with kernels of its own, `[height, width, channels, multiplier]`. */
function depthwise(
  call: LayerCall,
  weights: NamedWeights,
  bias: NamedWeights | undefined,
  to: Builder,
): string {
  const [height, width, channels, multiplier] = weights.shape as [number, number, number, number];
  const shape = [height, width, 1, channels * multiplier]; // the same elements
  const kernel = kernelFirst({ ...weights, shape });
  const options = { ...optionsOf(call, kernel.shape), groups: channels, bias };
  return convolved(call.inputs[0]!, kernel, options, to);
}

function optionsOf(
  call: LayerCall,
  kernel: readonly number[],
): Pick<ConvolutionOptions, "strides" | "dilations" | "pads"> {
  const format = call.config.dataFormat ?? "channelsLast";
  if (!/^channels_?last$/i.test(String(format))) throw cannot(call, `expected channels last, got ${format}`);
  const strides = pair(call.config.strides);
  const dilations = pair(call.config.dilationRate ?? 1);
  const sides = [kernel[2]!, kernel[3]!].map((side, i) => (side - 1) * dilations[i]! + 1) as [number, number];
  return { strides, dilations, pads: padding(call, sides, strides) };
}

function biasOf(call: LayerCall): NamedWeights | undefined {
  return call.has("bias") ? call.weight("bias") : undefined;
}

/** A number for both axes, or one for each. */
export function pair(sides: unknown): readonly [number, number] {
  return Array.isArray(sides)
    ? [Number(sides[0]), Number(sides[1] ?? sides[0])]
    : [Number(sides), Number(sides)];
}
