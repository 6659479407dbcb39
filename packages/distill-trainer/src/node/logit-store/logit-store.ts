import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { type Checks, COUNT, check, FUNCTION, optional, requireOptions, STRING } from "known-options";
import type { LogitStore } from "../../stored-logits/logit-store.ts";
import { LogitFile, type LogitHeader } from "./logit-file.ts";

/** Options of {@link logitStore}. */
export interface LogitStoreOptions {
  readonly classes: number;
  /** Names of the classes, in the order of the logits, where they are known: a store of others is refused. */
  readonly classNames?: readonly string[];
  /** What tells this teacher from others, such as its `weightsDigest`, with its preprocessing where that may vary. */
  readonly teacher: string;
  /** What decides the views' pixels besides their keys, such as `viewSettings` of an `ImageSource` of `flowers-data`. */
  readonly views: string;
  /** Told of each file of which a part cannot be used; the teacher is asked for it again. */
  readonly onEvent?: (event: LogitStoreEvent) => void;
}

/** What a store has to say. */
export interface LogitStoreEvent {
  readonly kind: "damaged";
  /** The file's. */
  readonly name: string;
  readonly reason: string;
}

/** A {@link LogitStore} of files. */
export interface FolderLogitStore extends LogitStore {
  /** Keys that are known now: those of other writers as of the last time that one was missed. */
  readonly size: number;
  /** Flushes to the disk what was added and lets go of the files. Can be called twice. */
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
 * A teacher's logits in a folder, float32 as they were, for any number of writers at once: replicas, programs, runs one after the
 * other. Each writes a file of its own, which it only appends to; what others write is found when a key is missed.
 *
 * Rows come in blocks with a CRC-32 each, the first of which says whose logits of what the file has. Killed at any moment,
 * a writer leaves at most a last block that is cut off: it is told to `onEvent` and left out, as is what follows a damaged block.
 * Rows stay on the disk; memory holds their keys.
 *
 * @param folder - Made with the first row that is added.
 * @throws Error, also of `find`, if a file there is of another teacher, other views or classes: it names what differs.
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
  /** Files of this object's: they are not read, and only the last one is written. */
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
    this.#writing = undefined; // where appending fails, the next rows go to another file
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

  /** What is cut off is worth an event only at first: later it is another writer at work. */
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
