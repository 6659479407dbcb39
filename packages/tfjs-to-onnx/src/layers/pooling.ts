import type { Attribute } from "onnx-writer";
import type { Converter, LayerCall } from "../converter.ts";
import { planes, value } from "../value.ts";
import { pair } from "./convolution.ts";
import { padding } from "./padding.ts";

/** Smallest float32: the maximum with it changes nothing. */
const LOWEST = -(2 - 2 ** -23) * 2 ** 127;

export const maxPooling2d: Converter = (call, to) => {
  const [x] = call.inputs;
  // ONNX Runtime merges padding with zeros into the pooling, which pads with −∞, unless a node lies between:
  // https://github.com/microsoft/onnxruntime/pull/18136
  const input = x!.padded ? to.node("Max", [to.planes(x!), to.scalar(LOWEST)]) : to.planes(x!);
  return planes(to.node("MaxPool", [input], windowOf(call)), call.shapes[0]!);
};

export const averagePooling2d: Converter = (call, to) => {
  const attributes = { ...windowOf(call), count_include_pad: { int: 0 } };
  return planes(to.node("AveragePool", [to.planes(call.inputs[0]!)], attributes), call.shapes[0]!);
};

export const globalAveragePooling2d: Converter = (call, to) => global("GlobalAveragePool")(call, to);
export const globalMaxPooling2d: Converter = (call, to) => global("GlobalMaxPool")(call, to);

function global(operator: string): Converter {
  return (call, to) => {
    const channels = call.shapes[0]!.at(-1)!;
    const pooled = to.node(operator, [to.planes(call.inputs[0]!)]);
    return value(to.reshape(pooled, [-1, channels]), call.shapes[0]!);
  };
}

function windowOf(call: LayerCall): Record<string, Attribute> {
  const window = pair(call.config.poolSize);
  const strides = pair(call.config.strides ?? call.config.poolSize);
  return { kernel_shape: { ints: window }, strides: { ints: strides }, ...padding(call, window, strides) };
}
