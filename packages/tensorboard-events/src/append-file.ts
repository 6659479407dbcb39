import { closeSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { BOOLEAN, type Checks, optional, requireOptions } from "known-options";

/** Options of {@link AppendFile}. */
export interface AppendFileOptions {
  /** Refuses a file that exists. Default `false`. */
  readonly isNew?: boolean;
}

/** Options of `flush`. */
export interface FlushOptions {
  /** Waits until it would last through a power cut. Default `false`: what is written lasts through the end of the process. */
  readonly toDisk?: boolean;
}

const CHECKS: Checks<AppendFileOptions> = { isNew: optional(BOOLEAN) };
const FLUSH_CHECKS: Checks<FlushOptions> = { toDisk: optional(BOOLEAN) };

/**
 * A file that grows by whole pieces: of what cannot be written no part is left.
 *
 * Pieces are kept in memory until {@link flush}; nothing is open between flushes. Everything is synchronous, so that pieces
 * keep their order and can be written while a process ends.
 *
 * @throws Error of the file system if the file cannot be opened; it is made, with its folder, where there is none.
 *
 * @example
 * const log = new AppendFile("run.log");
 * log.append(new TextEncoder().encode("a line\n"));
 * log.flush();
 */
export class AppendFile {
  readonly path: string;
  #pieces: Uint8Array[] = [];

  constructor(path: string, options: AppendFileOptions = {}) {
    requireOptions("AppendFile", options, CHECKS);
    const { isNew = false } = options;
    mkdirSync(dirname(path), { recursive: true });
    closeSync(openSync(path, isNew ? "ax" : "a"));
    this.path = path;
  }

  append(piece: Uint8Array): void {
    this.#pieces.push(piece);
  }

  /** Pieces that are not written yet. */
  get pending(): number {
    return this.#pieces.length;
  }

  /**
   * Writes what was appended.
   *
   * @throws Error of the file system. Pieces that could not be written are kept for the next flush.
   */
  flush(options: FlushOptions = {}): void {
    requireOptions("flush", options, FLUSH_CHECKS);
    const { toDisk = false } = options;
    if (this.#pieces.length === 0 && !toDisk) return;
    const file = openSync(this.path, "a");
    try {
      writeWhole(file, Buffer.concat(this.#pieces));
      this.#pieces = [];
      if (toDisk) fsyncSync(file);
    } finally {
      closeSync(file);
    }
  }
}

function writeWhole(file: number, bytes: Buffer): void {
  const { size } = fstatSync(file);
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(file, bytes, written);
  } catch (error) {
    if (written > 0) ftruncateSync(file, size);
    throw error;
  }
}
