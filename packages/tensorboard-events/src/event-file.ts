import { existsSync, readdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type Checks, FUNCTION, integerFrom, optional, requireOptions } from "known-options";
import { AppendFile, type FlushOptions } from "./append-file.ts";
import { restartEvent, summaryEvent, versionEvent } from "./event.ts";
import { record } from "./record.ts";
import type { SummaryValue } from "./summary.ts";

/** Options of {@link EventFile}. */
export interface EventFileOptions {
  /**
   * First step that will be written, an integer ≥ 0: where the folder has earlier files, what they hold of it and of later
   * ones does not count any more. Default: earlier files count whole.
   */
  readonly restartAt?: number;
  /** Milliseconds since 1970; for tests. */
  readonly now?: () => number;
}

const CHECKS: Checks<EventFileOptions> = { restartAt: optional(integerFrom(0)), now: optional(FUNCTION) };

const NAME = /^events\.out\.tfevents\.(\d+)\./;

/**
 * A new event file in a run's folder, for TensorBoard.
 *
 * One folder is one run. A run that goes on opens a file of its own beside the earlier ones, as TensorFlow and PyTorch
 * do; TensorBoard reads them in the order of their names, which is made that of their making.
 *
 * @throws RangeError for a bad step. Error of the file system.
 * @see https://github.com/tensorflow/tensorboard/blob/master/tensorboard/summary/writer/event_file_writer.py
 *
 * @example
 * const events = new EventFile("runs/1");
 * events.add(1, [scalar("loss", 0.7), text("settings", "batch size **32**")]);
 * events.flush();
 */
export class EventFile {
  readonly #file: AppendFile;
  readonly #now: () => number;

  constructor(folder: string, options: EventFileOptions = {}) {
    requireOptions("EventFile", options, CHECKS);
    const { restartAt, now = Date.now } = options;
    this.#now = now;
    const times = earlierFiles(folder);
    const time = Math.max(Math.floor(this.#seconds()), ...times.map((earlier) => earlier + 1));
    this.#file = new AppendFile(join(folder, nameOf(time)), { isNew: true });
    this.#append(versionEvent(this.#seconds(), "tensorboard-events"));
    if (restartAt !== undefined && times.length > 0) {
      this.#append(restartEvent(this.#seconds(), restartAt));
    }
  }

  get path(): string {
    return this.#file.path;
  }

  /** Events that are not written yet. */
  get pending(): number {
    return this.#file.pending;
  }

  /**
   * Appends values of one step, to be written by the next flush.
   *
   * @param step - An integer ≥ 0, not below the one before it.
   * @throws RangeError for another.
   */
  add(step: number, values: readonly SummaryValue[]): void {
    requireStep(step);
    this.#append(summaryEvent(this.#seconds(), step, values));
  }

  /**
   * Writes what was added, whole records only.
   *
   * @throws Error of the file system; what could not be written is kept for the next flush.
   */
  flush(options: FlushOptions = {}): void {
    this.#file.flush(options);
  }

  #append(event: Uint8Array): void {
    this.#file.append(record(event));
  }

  #seconds(): number {
    return this.#now() / 1000;
  }
}

/** The times in the names of a folder's event files. */
function earlierFiles(folder: string): number[] {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.flatMap((name) => NAME.exec(name)?.slice(1).map(Number) ?? []);
}

function nameOf(time: number): string {
  return `events.out.tfevents.${String(time).padStart(10, "0")}.${hostname()}.${process.pid}.0`;
}

function requireStep(step: number): void {
  if (!(Number.isSafeInteger(step) && step >= 0)) {
    throw new RangeError(`EventFile: step must be an integer >= 0, got ${step}`);
  }
}
