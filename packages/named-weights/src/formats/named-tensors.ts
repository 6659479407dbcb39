import { type Dtype, elements } from "safetensors-io";

/** A tensor of a weights file. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Element type. Default `"F32"`. */
  readonly dtype?: Dtype;
  /** Key in a TensorFlow checkpoint, where the name is that of the variable. */
  readonly key?: string;
}

/** An open weights file of any format: its contents are listed and checked, tensors are read one by one. */
export interface NamedTensors {
  /** Name of the file in errors. */
  readonly name: string;
  /** Tensors by name, in the order of the file, in which they are fastest to read. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Part of the file that has these tensors, such as `model_ema` of a training checkpoint; absent if they are the whole. */
  readonly part?: string | undefined;
  /** The file's metadata, if its format has any. */
  readonly metadata?: ReadonlyMap<string, string>;
  /** Reads a tensor's values, row-major. */
  read(name: string): Promise<ArrayLike<number>>;
  /** Ends a pass over a compressed file, and closes files that were opened by path. */
  close?(): Promise<void>;
}

/** Returns the bytes of a float32 tensor; infinite beyond the safe integers. */
export function float32Bytes(shape: readonly number[]): number {
  return 4 * elements(shape);
}

/** Decodes little-endian float32 into a new array. */
export function float32Of(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer); // an aligned copy, which slice() of a Node Buffer is not
}
