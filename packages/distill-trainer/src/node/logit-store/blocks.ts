import { readSync } from "node:fs";
import { crc32 } from "node:zlib";

/** A block's payload and where it lies in its file. */
export interface Block {
  readonly payload: Buffer;
  readonly at: number;
  /** Where the next block begins. */
  readonly end: number;
}

/** Why there is no whole block: its bytes are not all there, or they are not those that were written. */
export type BlockFault = "cut off" | "damaged";

const HEAD_BYTES = 8;

/** A block as it lies in a file: u32 length of the payload, u32 CRC-32 of it, both little-endian, and the payload. */
export function encodeBlock(payload: Uint8Array): Buffer {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(payload.length, 0);
  head.writeUInt32LE(crc32(payload), 4);
  return Buffer.concat([head, payload]);
}

/** The block that begins at `start` of a file of `size` bytes, which is more than `start`. */
export function readBlock(file: number, start: number, size: number): Block | BlockFault {
  if (start + HEAD_BYTES > size) return "cut off";
  const head = bytesAt(file, start, HEAD_BYTES);
  const length = head.readUInt32LE(0);
  const at = start + HEAD_BYTES;
  if (length === 0) return "damaged"; // a power cut may leave zeros, which would be a block of nothing
  if (at + length > size) return "cut off";
  const payload = bytesAt(file, at, length);
  return crc32(payload) === head.readUInt32LE(4) ? { payload, at, end: at + length } : "damaged";
}

/** `length` bytes of an open file; fewer are an error. */
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
