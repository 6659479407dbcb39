export { Builder, type Weights } from "./builder.ts";
export { type Converter, cannot, type LayerCall, type NamedWeights } from "./converter.ts";
export { type ToOnnxOptions, toOnnx } from "./to-onnx.ts";
export { planes, type Value, value } from "./value.ts";
