import { readSync } from "node:fs";
import { crc32 } from "node:zlib";

/** A block's payload and its position in the file. */
export interface Block {
  readonly payload: Buffer;
  readonly at: number;
  /** Offset of the next block. */
  readonly end: number;
}

/** Problem of a block: its bytes are incomplete, or differ from those written. */
export type BlockFault = "cut off" | "damaged";

const HEAD_BYTES = 8;

/** Encodes a block: u32 length of the payload, its u32 CRC-32, both little-endian, and the payload. */
export function encodeBlock(payload: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(payload.length, 0);
  head.writeUInt32LE(crc32(payload), 4);
  return Buffer.concat([head, payload]);
}

/** Reads the block at `start` in a file of `size` bytes, `start < size`. */
export function readBlock(file: number, start: number, size: number): Block | BlockFault {
  if (start + HEAD_BYTES > size) return "cut off";
  const head = bytesAt(file, start, HEAD_BYTES);
  const length = head.readUInt32LE(0);
  const at = start + HEAD_BYTES;
  if (length === 0) return "damaged"; // a power failure may leave zeros, which would be an empty block
  if (at + length > size) return "cut off";
  const payload = bytesAt(file, at, length);
  return crc32(payload) === head.readUInt32LE(4) ? { payload, at, end: at + length } : "damaged";
}

/** Reads `length` bytes of an open file. @throws Error if there are fewer. */
export function bytesAt(file: number, at: number, length: number): Buffer {
  const buffer = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const got = readSync(file, buffer, read, length - read, at + read);
    if (got === 0) throw new Error(`expected ${length} bytes at ${at}, got ${read}: the file was cut`);
    read += got;
  }
  return buffer;
}
