import { closeSync, fstatSync, fsyncSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { BOOLEAN, type Checks, optional, requireOptions } from "known-options";

/** Options of {@link AppendFile}. */
export interface AppendFileOptions {
  /** Whether an existing file is an error. Default false. */
  readonly isNew?: boolean;
}

/** Options of `flush`. */
export interface FlushOptions {
  /** Whether to flush to the disk, to survive a power failure. Default false: written data survives the process. */
  readonly toDisk?: boolean;
}

const CHECKS: Checks<AppendFileOptions> = { isNew: optional(BOOLEAN) };
const FLUSH_CHECKS: Checks<FlushOptions> = { toDisk: optional(BOOLEAN) };

/**
 * A file that grows by whole pieces; a failed write leaves no part of them.
 *
 * Pieces are kept in memory until {@link flush}; the file is closed between flushes. Everything is synchronous, so pieces
 * keep their order and can be written while a process exits.
 *
 * @throws Error of the file system if the file cannot be opened; a missing file is created, with its folder.
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

  /** Adds a piece, to be written by the next flush. */
  append(piece: Uint8Array): void {
    this.#pieces.push(piece);
  }

  /** Number of pieces not yet written. */
  get pending(): number {
    return this.#pieces.length;
  }

  /**
   * Writes the appended pieces.
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
