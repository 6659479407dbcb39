import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Checks, COUNT, check, FUNCTION, optional, requireOptions, STRING } from "known-options";
import type { LogitStore } from "../../stored-logits/logit-store.ts";
import { LogitFile, type LogitHeader } from "./logit-file.ts";

/** Options of {@link logitStore}. */
export interface LogitStoreOptions {
  /** Number of classes. */
  readonly classes: number;
  /** Names of the classes in the order of the logits; a store with other names is an error. Default: not checked. */
  readonly classNames?: readonly string[];
  /** Identity of the teacher, such as its `weightsDigest`, with its preprocessing if that may vary. */
  readonly teacher: string;
  /** Identity of the views apart from their keys, such as `viewSettings` of an `ImageSource`. */
  readonly views: string;
  /** Callback for each damaged file, whose missing logits are computed again. */
  readonly onEvent?: (event: LogitStoreEvent) => void;
}

/** Event of a store. */
export interface LogitStoreEvent {
  readonly kind: "damaged";
  /** Name of the file. */
  readonly name: string;
  readonly reason: string;
}

/** A {@link LogitStore} of files. */
export interface FolderLogitStore extends LogitStore {
  /** Number of known keys; those of other writers are updated when a key is missed. */
  readonly size: number;
  /** Flushes added rows to the disk and closes the files. Can be called twice. */
  close(): void;
}

const NAMES = check(
  "a list of names",
  (value) => Array.isArray(value) && value.every((name) => typeof name === "string"),
);
const CHECKS: Checks<LogitStoreOptions> = {
  classes: COUNT,
  classNames: optional(NAMES),
  teacher: STRING,
  views: STRING,
  onEvent: optional(FUNCTION),
};

const ENDING = ".logits";

/**
 * Opens a store of a teacher's logits in a folder, as float32, for any number of concurrent writers. Each appends to its own
 * file; rows of other writers are found when a key is missed.
 *
 * Rows are in blocks with a CRC-32 each, the first of which is a header. A killed writer leaves at most a last block that is
 * cut off: it is reported to `onEvent` and left out, as are blocks after a damaged one. Memory holds the keys only.
 *
 * @param folder - Folder, created with the first added row.
 * @throws Error, also from `find`, if a file has another teacher, views or classes; it names the difference.
 *
 * @example
 * const store = logitStore("logits", { classes: 5, teacher: await weightsDigest(model), views: source.viewSettings });
 * console.log(store.size);
 * store.close();
 */
export function logitStore(folder: string, options: LogitStoreOptions): FolderLogitStore {
  requireOptions("logitStore", options, CHECKS);
  const { classes, classNames, teacher, views } = options;
  if (classNames !== undefined && classNames.length !== classes) {
    throw new RangeError(
      `logitStore: ${classes} classes need ${classes} classNames, got ${classNames.length}`,
    );
  }
  const names = classNames === undefined ? {} : { classNames: classNames.join(", ") };
  const header: LogitHeader = { format: "distill-trainer logits 1", classes, ...names, teacher, views };
  return new LogitFolder(folder, header, options.onEvent);
}

class LogitFolder implements FolderLogitStore {
  readonly classes: number;
  readonly #folder: string;
  readonly #header: LogitHeader;
  readonly #files = new Map<string, LogitFile>();
  readonly #places = new Map<bigint, { readonly file: LogitFile; readonly at: number }>();
  /** Files of this writer, which are not read again; only the last one is written. */
  readonly #own = new Set<LogitFile>();
  #writing: LogitFile | undefined;
  #isClosed = false;

  constructor(folder: string, header: LogitHeader, onEvent?: (event: LogitStoreEvent) => void) {
    this.#folder = folder;
    this.#header = header;
    this.classes = header.classes;
    try {
      this.#readOthers(onEvent);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  get size(): number {
    return this.#places.size;
  }

  async find(keys: BigUint64Array): Promise<(Float32Array | undefined)[]> {
    this.#requireOpen();
    if (keys.some((key) => !this.#places.has(key))) this.#readOthers();
    return Array.from(keys, (key) => {
      const place = this.#places.get(key);
      return place?.file.logitsAt(place.at);
    });
  }

  async add(keys: BigUint64Array, logits: Float32Array): Promise<void> {
    this.#requireOpen();
    const expected = keys.length * this.classes;
    if (logits.length !== expected) {
      throw new RangeError(`logitStore: ${keys.length} keys need ${expected} logits, got ${logits.length}`);
    }
    if (keys.length === 0) return;
    const file = this.#writing ?? this.#newFile();
    this.#writing = undefined; // if appending fails, the next rows go to another file
    file.append(keys, logits, this.#noteOf(file));
    this.#writing = file;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const file of this.#own) file.flush();
    for (const file of this.#files.values()) file.close();
  }

  #newFile(): LogitFile {
    mkdirSync(this.#folder, { recursive: true });
    const file = new LogitFile(join(this.#folder, `${randomUUID()}${ENDING}`), "ax+", this.#header);
    this.#files.set(file.name, file);
    this.#own.add(file);
    return file;
  }

  /** Reads other writers' files. A block that is cut off is reported at first only: later it is being written. */
  #readOthers(onEvent?: (event: LogitStoreEvent) => void): void {
    for (const name of namesIn(this.#folder)) {
      const file = this.#files.get(name) ?? new LogitFile(join(this.#folder, name), "r", this.#header);
      this.#files.set(name, file);
      if (this.#own.has(file)) continue;
      const reason = file.readNew(this.#noteOf(file));
      if (reason !== undefined) onEvent?.({ kind: "damaged", name, reason });
    }
  }

  #noteOf(file: LogitFile): (key: bigint, at: number) => void {
    return (key, at) => void this.#places.set(key, { file, at });
  }

  #requireOpen(): void {
    if (this.#isClosed) throw new Error(`logitStore: ${this.#folder} is to be used before close()`);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith(ENDING));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
