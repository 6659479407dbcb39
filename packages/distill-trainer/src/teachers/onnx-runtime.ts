/** A tensor of ONNX Runtime. */
export interface OnnxTensor {
  readonly type?: string;
  readonly dims: readonly number[];
  /** Reads the values, from the CPU or a device. */
  getData(): Promise<unknown>;
  dispose(): void;
}

/** ONNX Runtime's module: `onnxruntime-node`, `onnxruntime-web` or `onnxruntime-react-native`. */
export interface OnnxRuntime {
  readonly Tensor: {
    new (type: "float32", data: Float32Array, dims: readonly number[]): OnnxTensor;
    new (type: "float16", data: Uint16Array, dims: readonly number[]): OnnxTensor;
  };
}

/** Metadata of a session's input or output; absent in older runtimes. */
export interface OnnxValue {
  readonly name: string;
  readonly type?: string;
  /** Shape; a variable dimension is a name. */
  readonly shape?: readonly (number | string)[];
}

/** An `InferenceSession` of ONNX Runtime. */
export interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata?: readonly OnnxValue[];
  readonly outputMetadata?: readonly OnnxValue[];
  run(
    feeds: Readonly<Record<string, OnnxTensor>>,
    fetches: readonly string[],
  ): Promise<Readonly<Record<string, OnnxTensor>>>;
}
