import type { EpochLogsState } from "../step/batch-logs.ts";

/** Progress of a run, as plain data. Random draws depend on seed, epoch and sample only, so no other state is needed. */
export interface Progress {
  /** Optimizer steps taken. */
  readonly step: number;
  readonly epoch: number;
  /** Batches of the epoch that are done; all of them until its validation is done. */
  readonly batch: number;
  /** Logs of the epoch's batches so far. */
  readonly logs: EpochLogsState;
  readonly history: {
    readonly epoch: readonly number[];
    readonly history: Readonly<Record<string, readonly number[]>>;
  };
  /** Whether a callback has ended the run. */
  readonly stopped: boolean;
}
