import { type Converter, cannot, type LayerCall } from "../converter.ts";
import { planes, type Value, value } from "../value.ts";
import { pair } from "./convolution.ts";

/** Returns the input as it is: layers that act in training only. */
export const identity: Converter = (call) => call.inputs[0]!;

/** tfjs' Flatten and Reshape: the output's shape with any batch. */
export const reshape: Converter = (call, to) => {
  const shape = call.shapes[0]!;
  return value(to.reshape(to.plain(call.inputs[0]!), [-1, ...known(call, shape.slice(1))]), shape);
};

export const permute: Converter = (call, to) => {
  const perm = [0, ...(call.config.dims as number[])]; // counted from 1 after the batch
  return value(to.transpose(to.plain(call.inputs[0]!), perm), call.shapes[0]!);
};

export const zeroPadding2d: Converter = (call, to) => {
  const padding = call.config.padding as number | readonly (number | readonly number[])[];
  const [[top, bottom], [left, right]] = Array.isArray(padding)
    ? (padding.map(pair) as [readonly [number, number], readonly [number, number]])
    : [pair(padding), pair(padding)];
  const sides = to.integers([0, 0, top, left, 0, 0, bottom, right]);
  return { ...planes(to.node("Pad", [to.planes(call.inputs[0]!), sides]), call.shapes[0]!), padded: true };
};

/** Keras' Rescaling: x · scale + offset. */
export const rescaling: Converter = (call, to) => {
  const x = call.inputs[0]!;
  const { scale = 1, offset = 0 } = call.config;
  if (typeof scale !== "number" || typeof offset !== "number")
    throw cannot(call, "expected numbers for scale and offset");
  const scaled = to.node("Mul", [x.name, to.scalar(scale)]);
  return { ...x, name: offset === 0 ? scaled : to.node("Add", [scaled, to.scalar(offset)]) } satisfies Value;
};

/** Sizes that all are known. */
export function known(call: LayerCall, sizes: readonly (number | null)[]): number[] {
  if (sizes.includes(null))
    throw cannot(call, `expected known sizes, got [${sizes.map((it) => it ?? "any")}]`);
  return sizes as number[];
}
