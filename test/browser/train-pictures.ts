// A few epochs on pictures, the same program for a Worker and for Node: what it learns from, and what it loses.
import { vit } from "deit-model";
import { classification } from "distill-trainer";
import type { ImageSource } from "image-source/browser";
import { startBackend } from "tfjs-backends";
import { AdamW } from "tfjs-optim";
import { fit } from "train-loop";
import { DEIT_AUGMENTATION } from "vision-augment";

/** Options of both sources. */
export const VIEWS = {
  batchSize: 5,
  imageSize: 16,
  training: true,
  seed: 3,
  augmentation: DEIT_AUGMENTATION,
};

/** What one training saw and lost. */
export interface TrainedOnPictures {
  readonly classNames: readonly string[];
  /** Pixels of the first epoch, batch by batch. */
  readonly images: readonly (readonly number[])[];
  readonly labels: readonly (readonly number[])[];
  /** Loss of each epoch. */
  readonly losses: readonly number[];
}

export async function trainPictures(source: ImageSource): Promise<TrainedOnPictures> {
  await startBackend("cpu");
  const images: number[][] = [];
  const labels: number[][] = [];
  for await (const batch of source.batches(0)) {
    images.push(Array.from(batch.images));
    labels.push(Array.from(batch.labels));
  }
  const { classNames } = source;
  const size = { imageSize: 16, patchSize: 8, dim: 16, depth: 1, heads: 2 };
  const model = vit({ ...size, classes: classNames.length, seed: 1 });
  const optimizer = new AdamW({ learningRate: 3e-3 });
  const { history } = await fit(classification({ model }), optimizer, source, { epochs: 3 });
  model.dispose();
  optimizer.dispose();
  return { classNames, images, labels, losses: history.loss as number[] };
}
