import type { Optimizer } from "@tensorflow/tfjs-core";
import {
  batchesPerEpoch,
  type DataSource,
  type FitCallback,
  type FitOptions,
  fit,
  OtherRunError,
  type Task,
} from "train-loop";
import { UsageError } from "../process/usage-error.ts";
import type { RunRanks } from "../ranks/run-ranks.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import { trainingProgress } from "../terminal/training-progress.ts";

/** Options of {@link fitWithProgress}. */
export interface ProgressFitOptions extends Omit<FitOptions, "communicator"> {
  readonly callbacks: readonly FitCallback[];
  /** First words of each line. */
  readonly label: string;
  readonly output: LineOutput;
  /** Processes that train together. Default: this one alone. */
  readonly ranks?: RunRanks | undefined;
}

/**
 * `fit` with live progress.
 *
 * @returns Logs by epoch, those of resumed epochs included.
 * @throws UsageError if the checkpoint to resume from is of a run with other settings; else as `fit`.
 */
export async function fitWithProgress(
  task: Task,
  optimizer: Optimizer,
  source: DataSource,
  { label, output, callbacks, ranks, ...options }: ProgressFitOptions,
): Promise<Readonly<Record<string, readonly number[]>>> {
  const stepsPerEpoch = batchesPerEpoch(source);
  const progress = trainingProgress({ label, epochs: options.epochs, stepsPerEpoch, output });
  const all = { ...options, callbacks: [progress, ...callbacks] };
  const fitting =
    ranks === undefined
      ? fit(task, optimizer, source, all)
      : ranks.train(() => fit(task, optimizer, source, { ...all, communicator: ranks.communicator }));
  const { history } = await fitting.catch((error: unknown) => {
    if (!(error instanceof OtherRunError)) throw error;
    // Settings were compared before: a schedule differs by its epochs only.
    const isLonger = error.differences.every((one) => /^(learningRate|average) was /.test(one));
    throw new UsageError(
      isLonger
        ? `--epochs: expected the number that the run began with, on which its learning rate depends, got ${options.epochs}; only --schedule constant can be extended`
        : `--resume: expected the settings of the run, got others: ${error.differences.join("; ")}`,
    );
  });
  return history as Record<string, number[]>;
}
