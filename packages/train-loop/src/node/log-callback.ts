import type * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { atLeast, type Checks, FUNCTION, OBJECT, optional } from "known-options";
import type { FlushOptions } from "tensorboard-events";
import type { RunCallback } from "../fit/run-callback.ts";

/** Options of every log. */
export interface LogOptions {
  /** Settings of the run, as plain data, logged when it begins or resumes. Default: none. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Longest time that a line stays in memory, in seconds ≥ 0. Default 1. */
  readonly flushSeconds?: number;
  /**
   * Callback for when the log becomes unwritable; training continues, and lines are kept in memory and retried. Default: a
   * warning (`process.emitWarning`).
   */
  readonly onProblem?: (message: string) => void;
}

/** Checks of {@link LogOptions}. */
export const LOG_CHECKS: Checks<LogOptions> = {
  settings: optional(OBJECT),
  flushSeconds: optional(atLeast(0)),
  onProblem: optional(FUNCTION),
};

/** Opens the log of a run that begins or resumes at a place. `params` are tfjs' (`epochs`, `steps`, …). */
export type OpenLog = (place: LogPlace, params: Readonly<Record<string, unknown>>) => RunLog;

/** Numbers by name. */
export type Numbers = Readonly<Record<string, number>>;

/** Position in a run. */
export interface LogPlace {
  /** Optimizer steps so far. */
  readonly step: number;
  readonly epoch: number;
}

/** An open log of a run. */
export interface RunLog {
  onStep(place: LogPlace, batch: number, logs: Numbers): void;
  onEpoch(place: LogPlace, logs: Numbers): void | Promise<void>;
  onEnd(place: LogPlace): void;
  /** Writes pending pieces. @throws Error of the file system; what could not be written is kept. */
  flush(options: FlushOptions): void;
  /** Number of pieces not yet written. */
  readonly pending: number;
}

/**
 * A log as a callback of this package's `fit` and of tfjs': counts steps, resolves logs, flushes.
 *
 * A log that cannot be opened ends the run before its first step; later write errors do not.
 */
export class LogCallback extends tfl.Callback implements RunCallback {
  readonly #name: string;
  readonly #options: LogOptions;
  readonly #open: OpenLog;
  #log: RunLog | undefined;
  #place: LogPlace = { step: 0, epoch: 0 };
  #flushedAt = 0;
  #isBroken = false;

  constructor(name: string, options: LogOptions, open: OpenLog) {
    super();
    this.#name = name;
    this.#options = options;
    this.#open = open;
  }

  override async onTrainBegin(): Promise<void> {
    const params = (this.params ?? {}) as Readonly<Record<string, unknown>>;
    const { initialStep = 0, initialEpoch = 0 } = params as { initialStep?: number; initialEpoch?: number };
    this.#place = { step: initialStep, epoch: initialEpoch };
    this.#log = this.#open(this.#place, params);
    this.flush();
  }

  override async onEpochBegin(epoch: number): Promise<void> {
    this.#place = { ...this.#place, epoch };
  }

  override async onBatchEnd(batch: number, logs?: tfl.Logs): Promise<void> {
    this.#place = { ...this.#place, step: this.#place.step + 1 };
    this.#log?.onStep(this.#place, batch, await numbersOf(logs));
    const { flushSeconds = 1 } = this.#options;
    if (performance.now() - this.#flushedAt >= 1000 * flushSeconds) this.#flush({});
  }

  override async onEpochEnd(epoch: number, logs?: tfl.Logs): Promise<void> {
    await this.#log?.onEpoch({ ...this.#place, epoch }, await numbersOf(logs));
    this.#flush({});
  }

  override async onTrainEnd(): Promise<void> {
    this.#log?.onEnd(this.#place);
    this.flush();
    const lost = this.#log?.pending ?? 0;
    if (lost > 0) this.#tell(`${lost} pieces were not written and are lost`);
  }

  /** Writes what is buffered, to the disk. */
  flush(): void {
    this.#flush({ toDisk: true });
  }

  #flush(options: FlushOptions): void {
    try {
      this.#log?.flush(options);
      this.#isBroken = false;
    } catch (error) {
      const reason = (error as Error).message;
      if (!this.#isBroken)
        this.#tell(`cannot be written: ${reason}; training continues, and writing is retried`);
      this.#isBroken = true;
    }
    this.#flushedAt = performance.now();
  }

  #tell(what: string): void {
    const { onProblem = (message) => process.emitWarning(message) } = this.#options;
    onProblem(`${this.#name} ${what}`);
  }
}

/** Returns logs as numbers; tfjs' own `fit` passes some as scalars. */
async function numbersOf(logs: tfl.Logs = {}): Promise<Numbers> {
  const entries = Object.entries(logs as Record<string, number | tf.Scalar>).map(
    async ([name, value]) => [name, typeof value === "number" ? value : (await value.data())[0]!] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}
