// Fields of a protobuf message, as bytes: https://protobuf.dev/programming-guides/encoding/

const VARINT = 0;
const FIXED64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED32 = 5;

/** @param value - An integer in [0, 2^53). */
export function integer(field: number, value: number): Uint8Array {
  return Uint8Array.from([...varint(8 * field + VARINT), ...varint(value)]);
}

export function double(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = 8 * field + FIXED64;
  new DataView(bytes.buffer).setFloat64(1, value, true);
  return bytes;
}

export function float(field: number, value: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = 8 * field + FIXED32;
  new DataView(bytes.buffer).setFloat32(1, value, true);
  return bytes;
}

export function bytes(field: number, value: Uint8Array): Uint8Array {
  return concatenated([
    Uint8Array.from([...varint(8 * field + LENGTH_DELIMITED), ...varint(value.length)]),
    value,
  ]);
}

export function string(field: number, value: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(value));
}

/** Encodes a nested message from its fields, in the order of their numbers. */
export function message(field: number, parts: readonly Uint8Array[]): Uint8Array {
  return bytes(field, concatenated(parts));
}

export function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Encodes seven bits per byte, lowest first. */
function varint(value: number): number[] {
  const groups: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) groups.push((rest % 128) + 128);
  return [...groups, rest];
}
