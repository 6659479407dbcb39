import { fields } from "./protobuf-reader.ts";

// TensorFlow's numbers of element types.
export const FLOAT = 1;
export const STRING = 7;

/** A tensor's entry in the index of a bundle. */
export interface BundleEntry {
  readonly dtype: number;
  readonly shape: readonly number[];
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
  readonly crc: number;
  /** Whether the tensor is stored in slices. */
  readonly sliced: boolean;
}

/**
 * Reads a `BundleEntryProto`.
 *
 * @see https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/protobuf/tensor_bundle.proto
 */
export function readEntry(message: Uint8Array): BundleEntry {
  const entry = { dtype: 0, shape: [] as number[], shard: 0, offset: 0, size: 0, crc: 0, sliced: false };
  for (const { number, value, bytes } of fields(message)) {
    if (number === 1) entry.dtype = value;
    else if (number === 2) entry.shape = readShape(bytes);
    else if (number === 3) entry.shard = value;
    else if (number === 4) entry.offset = value;
    else if (number === 5) entry.size = value;
    else if (number === 6) entry.crc = value;
    else if (number === 7) entry.sliced = true;
  }
  return entry;
}

/** Reads a `BundleHeaderProto`, the value of the empty key. @throws RangeError if numbers are big-endian. */
export function readShardCount(message: Uint8Array): number {
  let shards = 0;
  for (const { number, value } of fields(message)) {
    if (number === 1) shards = value;
    if (number === 2 && value !== 0) throw new RangeError("expected little-endian numbers");
  }
  return shards;
}

/** Reads a `TensorShapeProto`. */
function readShape(message: Uint8Array): number[] {
  const shape: number[] = [];
  for (const { number, bytes } of fields(message)) {
    if (number !== 2) continue;
    let side = 0; // the default of a number is not stored
    for (const field of fields(bytes)) if (field.number === 1) side = field.value;
    shape.push(side);
  }
  return shape;
}
