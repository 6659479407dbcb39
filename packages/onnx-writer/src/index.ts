export type { Attribute } from "./attribute.ts";
export type { Dtype } from "./dtype.ts";
export {
  type Constant,
  type NodeOptions,
  type OnnxFileOptions,
  OnnxGraph,
  type OnnxGraphOptions,
} from "./onnx-graph.ts";
export type { Dimension } from "./value-info.ts";
