import { type Dtype, elements } from "safetensors-io";

/** A tensor of a weights file. */
export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Element type. Default `"F32"`. */
  readonly dtype?: Dtype;
}

/** An open weights file of any format: what it holds is known and checked, tensors are read one by one. */
export interface NamedTensors {
  /** What errors call the file. */
  readonly name: string;
  /** By name, in the order of the file, which is the fastest to read in. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** What the file says of itself, in formats that have words for it. */
  readonly metadata?: ReadonlyMap<string, string>;
  /** A tensor's numbers, row by row. */
  read(name: string): Promise<ArrayLike<number>>;
  /** Ends what a read left under way, such as the pass over a compressed file, and closes what was opened by path. */
  close?(): Promise<void>;
}

/** Bytes of a float32 tensor; infinite where there are too many to count. */
export function float32Bytes(shape: readonly number[]): number {
  return 4 * elements(shape);
}

/** Little-endian float32 as numbers: a new array. */
export function float32Of(bytes: Uint8Array): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer); // a copy is aligned; slice() of a Node Buffer would be none
}
