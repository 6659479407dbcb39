import type * as tfl from "@tensorflow/tfjs-layers";
import {
  batchesPerEpoch,
  type DataSource,
  type FitCallback,
  type FitOptions,
  OtherRunError,
} from "train-loop";
import { UsageError } from "../process/usage-error.ts";
import type { LineOutput } from "../terminal/live-line.ts";
import { trainingProgress } from "../terminal/training-progress.ts";

/** A `Classifier`, a `Distiller`: what can be fitted. */
interface Trainer {
  fitDataset(source: DataSource, options: FitOptions): Promise<tfl.History>;
}

/** What a training left. */
export interface Fitted {
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/**
 * Fits with live progress, before the callbacks of the options. `lineEvery`: keep a line every so many epochs.
 *
 * @throws UsageError if the checkpoint to go on from is of a run with other settings; else as `fitDataset`.
 */
export async function fitWithProgress(
  label: string,
  trainer: Trainer,
  source: DataSource,
  options: FitOptions & { readonly callbacks?: readonly FitCallback[]; readonly lineEvery?: number },
  output: LineOutput,
): Promise<Fitted> {
  const { lineEvery = 1, callbacks = [], ...fitOptions } = options;
  const progress = trainingProgress({
    label,
    epochs: options.epochs,
    stepsPerEpoch: batchesPerEpoch(source),
    output,
    lineEvery,
  });
  const fitting = trainer.fitDataset(source, { ...fitOptions, callbacks: [progress, ...callbacks] });
  const { history } = await fitting.catch((error: unknown) => {
    if (!(error instanceof OtherRunError)) throw error;
    throw new UsageError(
      `--resume: expected the settings of the run, got others: ${error.differences.join("; ")}`,
    );
  });
  return { history: history as Record<string, number[]> };
}
