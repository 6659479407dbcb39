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
  /** First step of a resumed run, an integer ≥ 0: TensorBoard drops this and later steps of earlier files. Default: none. */
  readonly restartAt?: number;
  /** Clock in milliseconds since 1970. Default `Date.now`. */
  readonly now?: () => number;
}

const CHECKS: Checks<EventFileOptions> = { restartAt: optional(integerFrom(0)), now: optional(FUNCTION) };

const NAME = /^events\.out\.tfevents\.(\d+)\./;

/**
 * An event file for TensorBoard, new in the run's folder.
 *
 * One folder is one run. A resumed run opens another file beside the earlier ones, as TensorFlow and PyTorch do;
 * TensorBoard reads them in the order of their names, which is that of their creation.
 *
 * @throws RangeError for an invalid option. Error of the file system.
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

  /** Path of the file. */
  get path(): string {
    return this.#file.path;
  }

  /** Number of events not yet written. */
  get pending(): number {
    return this.#file.pending;
  }

  /**
   * Appends values of one step, to be written by the next flush.
   *
   * @param step - Step, an integer ≥ 0, not below the previous one.
   * @throws RangeError if `step` is not an integer ≥ 0.
   */
  add(step: number, values: readonly SummaryValue[]): void {
    requireStep(step);
    this.#append(summaryEvent(this.#seconds(), step, values));
  }

  /**
   * Writes the added events, whole records only.
   *
   * @throws Error of the file system; events that could not be written are kept for the next flush.
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

/** Returns the times in the names of a folder's event files. */
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
