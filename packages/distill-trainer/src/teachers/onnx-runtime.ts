/** A tensor of ONNX Runtime. */
export interface OnnxTensor {
  readonly type?: string;
  readonly dims: readonly number[];
  /** Its numbers, from wherever they lie. */
  getData(): Promise<unknown>;
  dispose(): void;
}

/** What is needed of the module: `onnxruntime-node`, `onnxruntime-web` and `onnxruntime-react-native` have it. */
export interface OnnxRuntime {
  readonly Tensor: {
    new (type: "float32", data: Float32Array, dims: readonly number[]): OnnxTensor;
    new (type: "float16", data: Uint16Array, dims: readonly number[]): OnnxTensor;
  };
}

/** What a session says of an input or output; older runtimes say nothing. */
export interface OnnxValue {
  readonly name: string;
  readonly type?: string;
  /** A dimension that may vary has a name. */
  readonly shape?: readonly (number | string)[];
}

/** What is needed of its `InferenceSession`. */
export interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata?: readonly OnnxValue[];
  readonly outputMetadata?: readonly OnnxValue[];
  run(feeds: Readonly<Record<string, OnnxTensor>>): Promise<Readonly<Record<string, OnnxTensor>>>;
}
