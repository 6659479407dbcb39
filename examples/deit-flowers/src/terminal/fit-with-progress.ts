import type * as tfl from "@tensorflow/tfjs-layers";
import { batchesPerEpoch, type DataSource, type FitOptions } from "distill-trainer";
import type { LineOutput } from "./live-line.ts";
import { trainingProgress } from "./training-progress.ts";

/** A `Classifier`, a `Distiller`: what can be fitted. */
interface Trainer {
  fitDataset(source: DataSource, options: FitOptions): Promise<tfl.History>;
}

/** What a training showed and left. */
export interface Fitted {
  readonly history: Readonly<Record<string, readonly number[]>>;
  /** Images a second while training: waits for data included, validation not; absent where all was done before. */
  readonly imagesPerSecond?: number;
}

/** Fits with live progress. `lineEvery`: keep a line every so many epochs. */
export async function fitWithProgress(
  label: string,
  trainer: Trainer,
  source: DataSource,
  options: FitOptions & { readonly lineEvery?: number },
  output: LineOutput,
): Promise<Fitted> {
  const { lineEvery = 1, ...fitOptions } = options;
  const progress = trainingProgress({
    label,
    epochs: options.epochs,
    stepsPerEpoch: batchesPerEpoch(source),
    output,
    lineEvery,
  });
  const { history } = await trainer.fitDataset(source, { ...fitOptions, callbacks: progress });
  const imagesPerSecond = progress.imagesPerSecond();
  return { history: history as Record<string, number[]>, ...(imagesPerSecond > 0 && { imagesPerSecond }) };
}
