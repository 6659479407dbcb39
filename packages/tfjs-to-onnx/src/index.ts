export type { Builder, Weights } from "./builder.ts";
export type { Converter, LayerCall, NamedWeights } from "./converter.ts";
export { type ToOnnxOptions, toOnnx } from "./to-onnx.ts";
export { planes, type Value, value } from "./value.ts";
