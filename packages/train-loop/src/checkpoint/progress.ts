import type { EpochLogsState } from "../step/batch-logs.ts";

/** How far a run is: plain data. Randomness is drawn from (seed, epoch, sample), so a place in the data is enough. */
export interface Progress {
  /** Optimizer steps taken. */
  readonly step: number;
  readonly epoch: number;
  /** Batches of the epoch that are done; all of them while its validation is not. */
  readonly batch: number;
  /** Of the batches of this epoch that are done. */
  readonly logs: EpochLogsState;
  readonly history: {
    readonly epoch: readonly number[];
    readonly history: Readonly<Record<string, readonly number[]>>;
  };
  /** A callback has ended the run. */
  readonly stopped: boolean;
}
