import type * as tfl from "@tensorflow/tfjs-layers";
import { batchesPerEpoch, type DataSource, type FitCallback, type FitOptions } from "distill-trainer";
import type { LineOutput } from "./live-line.ts";
import { trainingProgress } from "./training-progress.ts";

/** A `Classifier`, a `Distiller`: what can be fitted. */
interface Trainer {
  fitDataset(source: DataSource, options: FitOptions): Promise<tfl.History>;
}

/** What a training left. */
export interface Fitted {
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/** Fits with live progress, before the callbacks of the options. `lineEvery`: keep a line every so many epochs. */
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
  const { history } = await trainer.fitDataset(source, {
    ...fitOptions,
    callbacks: [progress, ...callbacks],
  });
  return { history: history as Record<string, number[]> };
}
