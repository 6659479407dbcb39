/** A read position in bytes. Every read checks the number of bytes left. */
export class Cursor {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  take(length: number): Uint8Array {
    if (!(length >= 0 && length <= this.left))
      throw new RangeError(`expected ${length} bytes, ${this.left} are left`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  fixed32(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.take(4);
    return (a | (b << 8) | (c << 16) | (d << 24)) >>> 0;
  }

  /** Reads a base-128 number. @throws RangeError beyond 2^53. */
  varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.take(1)[0]!;
      value += (byte & 127) * scale;
      if (!Number.isSafeInteger(value)) throw new RangeError("expected a number below 2^53");
      if (byte < 128) return value;
    }
  }
}

/** One field of a protocol buffer: a number, or the bytes of a string or message. */
export interface Field {
  readonly number: number;
  readonly value: number;
  readonly bytes: Uint8Array;
}

const EMPTY = new Uint8Array(0);

/**
 * Reads the fields of a protocol buffer message, in order.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function* fields(message: Uint8Array): Generator<Field> {
  const cursor = new Cursor(message);
  while (cursor.left > 0) {
    const tag = cursor.varint();
    const number = Math.floor(tag / 8);
    switch (tag % 8) {
      case 0:
        yield { number, value: cursor.varint(), bytes: EMPTY };
        break;
      case 1:
        yield { number, value: Number.NaN, bytes: cursor.take(8) };
        break;
      case 2:
        yield { number, value: Number.NaN, bytes: cursor.take(cursor.varint()) };
        break;
      case 5:
        yield { number, value: cursor.fixed32(), bytes: EMPTY };
        break;
      default:
        throw new RangeError(`expected a field of wire type 0, 1, 2 or 5, got ${tag % 8}`);
    }
  }
}
