import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";

/** One field of a protocol buffer message: a number or the bytes of a string, a message or packed numbers. */
export interface Field {
  readonly number: number;
  /** Value of a varint, as a signed 64-bit integer; 0 for other wire types. */
  readonly integer: bigint;
  /** Bytes of a string, message, fixed or packed field. */
  readonly bytes: Uint8Array;
}

const NONE = new Uint8Array(0);

/**
 * Reads a message's fields, in order.
 *
 * @throws RangeError or Error of the reader for a message that is cut short or not one.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function* fieldsOf(message: Uint8Array): Generator<Field> {
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === WireType.Varint) yield { number, integer: BigInt(reader.int64()), bytes: NONE };
    else if (type === WireType.LengthDelimited) yield { number, integer: 0n, bytes: reader.bytes() };
    else {
      const from = reader.pos;
      reader.skip(type, number);
      if (reader.pos > reader.len) throw new RangeError("premature end");
      yield { number, integer: 0n, bytes: message.subarray(from, reader.pos) };
    }
  }
}

/** A string. */
export function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** The pairs of a `map<string, message>`, each of which is one field. */
export function pairOf(entry: Uint8Array): readonly [key: string, value: Uint8Array] {
  let [key, value]: [string, Uint8Array] = ["", NONE];
  for (const { number, bytes } of fieldsOf(entry)) {
    if (number === 1) key = textOf(bytes);
    if (number === 2) value = bytes;
  }
  return [key, value];
}

/** Little-endian float32 numbers of a field, packed or not. */
export function floatsIn({ bytes }: Field): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length >> 2 }, (_, i) => view.getFloat32(i * 4, true));
}

/** Little-endian float64 numbers of a field, packed or not. */
export function doublesIn({ bytes }: Field): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length >> 3 }, (_, i) => view.getFloat64(i * 8, true));
}

/** Integers of a field, packed or not. */
export function integersIn({ integer, bytes }: Field): number[] {
  if (bytes.length === 0) return [Number(integer)];
  const reader = new BinaryReader(bytes);
  const values: number[] = [];
  while (reader.pos < reader.len) values.push(Number(reader.int64()));
  return values;
}
