import { closeSync, fstatSync, fsyncSync, openSync, writeSync } from "node:fs";
import { basename } from "node:path";
import { bytesAt, encodeBlock, readBlock } from "./blocks.ts";

/** Header of a file, its first block as JSON: teacher, views and classes of its logits. */
export interface LogitHeader {
  readonly format: "distill-trainer logits 1";
  readonly classes: number;
  /** Names of the classes in one string, if known to the writer. */
  readonly classNames?: string;
  readonly teacher: string;
  readonly views: string;
}

const KEY_BYTES = 8;

/**
 * A writer's file: a block with the header, then blocks of rows, each a u64 key and its float32 logits, little-endian. Readers
 * find rows that were appended since their last read.
 */
export class LogitFile {
  readonly name: string;
  readonly #path: string;
  readonly #header: LogitHeader;
  readonly #descriptor: number;
  #end = 0;
  #isDamaged = false;

  /** `flags` as Node's `open`: `"r"` for another writer's, `"ax+"` for a new one. */
  constructor(path: string, flags: "r" | "ax+", header: LogitHeader) {
    this.name = basename(path);
    this.#path = path;
    this.#header = header;
    this.#descriptor = openSync(path, flags);
  }

  /**
   * Reads the blocks that were not read yet.
   *
   * @param note - Called for each row with its key and the offset of its logits.
   * @returns The problem of the file, if any: once for a damaged block, each time for one that is cut off, which may still be
   * being written.
   * @throws Error if the file has another header.
   */
  readNew(note: (key: bigint, at: number) => void): string | undefined {
    const { size } = fstatSync(this.#descriptor);
    while (!this.#isDamaged && this.#end < size) {
      const block = readBlock(this.#descriptor, this.#end, size);
      if (block === "cut off") return `its block at byte ${this.#end} of ${size} is cut off`;
      if (block === "damaged") {
        this.#isDamaged = true;
        return `its block at byte ${this.#end} is not what was written; it and all after it are left out`;
      }
      if (this.#end === 0) this.#requireHeader(block.payload);
      else if (block.payload.length % this.#rowBytes === 0) this.#noteRows(block.payload, block.at, note);
      else {
        this.#isDamaged = true;
        return `its block at byte ${this.#end} has ${block.payload.length} bytes, which are not rows of ${this.#rowBytes}; it and all after it are left out`;
      }
      this.#end = block.end;
    }
    return undefined;
  }

  /**
   * Appends rows as one block. Do not call it again after an error: blocks after a torn one are lost.
   *
   * @throws Error naming the file and the system's reason, such as a full disk.
   */
  append(keys: BigUint64Array, logits: Float32Array, note: (key: bigint, at: number) => void): void {
    const header = this.#end === 0 ? encodeBlock(Buffer.from(JSON.stringify(this.#header))) : Buffer.alloc(0);
    const payload = this.#encodeRows(keys, logits);
    const bytes = Buffer.concat([header, encodeBlock(payload)]);
    this.#naming(`append ${keys.length} rows, ${bytes.length} bytes`, () => {
      for (let written = 0; written < bytes.length; ) written += writeSync(this.#descriptor, bytes, written);
    });
    this.#end += bytes.length;
    this.#noteRows(payload, this.#end - payload.length, note);
  }

  /** Reads the logits at a noted offset. */
  logitsAt(at: number): Float32Array {
    const bytes = bytesAt(this.#descriptor, at, 4 * this.#header.classes);
    return new Float32Array(Uint8Array.from(bytes).buffer);
  }

  flush(): void {
    this.#naming("flush to the disk", () => fsyncSync(this.#descriptor));
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** Adds the path to the system's errors, which lack it for an open file. */
  #naming(what: string, work: () => void): void {
    try {
      work();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`logitStore: ${this.#path}: could not ${what}: ${reason}`, { cause });
    }
  }

  get #rowBytes(): number {
    return KEY_BYTES + 4 * this.#header.classes;
  }

  #encodeRows(keys: BigUint64Array, logits: Float32Array): Buffer {
    const payload = Buffer.alloc(keys.length * this.#rowBytes);
    const bytes = new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength);
    const width = 4 * this.#header.classes;
    keys.forEach((key, row) => {
      payload.writeBigUInt64LE(key, row * this.#rowBytes);
      payload.set(bytes.subarray(row * width, (row + 1) * width), row * this.#rowBytes + KEY_BYTES);
    });
    return payload;
  }

  #noteRows(payload: Buffer, at: number, note: (key: bigint, at: number) => void): void {
    for (let row = 0; row < payload.length; row += this.#rowBytes) {
      note(payload.readBigUInt64LE(row), at + row + KEY_BYTES);
    }
  }

  #requireHeader(payload: Buffer): void {
    const found = headerIn(payload);
    if (found === undefined) {
      throw new Error(
        `logitStore: ${this.#path} must begin with a header of 'distill-trainer logits 1', got none`,
      );
    }
    const differing = Object.entries(this.#header).filter(([name, value]) => found[name] !== value);
    if (differing.length === 0) return;
    const list = differing.map(([name, value]) => `${name} was ${found[name]}, is ${value}`).join("; ");
    throw new Error(`logitStore: ${this.#path} must be of this teacher and these views, got others: ${list}`);
  }
}

function headerIn(payload: Buffer): Record<string, unknown> | undefined {
  try {
    const header: unknown = JSON.parse(payload.toString());
    return typeof header === "object" && header !== null ? (header as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
