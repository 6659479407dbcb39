import type { ImageBatch, SampleStore } from "image-source";
import { type ImageSource, type ImageSourceOptions, imageSource } from "image-source/node";
import type { DataSource } from "train-loop";
import { inMemory, type SourceOf } from "../data/in-memory.ts";
import { pictureRules } from "../data/picture-rules.ts";
import type { RunContext } from "../runs/context.ts";

/** Views of training pictures. */
export type TrainingViews = Pick<
  ImageSourceOptions,
  "imageSize" | "teacherImageSize" | "augmentation" | "repeats" | "viewEpochs"
>;

/** Runs `use` with training batches (shuffled, cropped, mirrored, new in every epoch), then ends the threads. */
export function withTrainingImages<T>(
  context: RunContext,
  views: TrainingViews,
  use: (source: ImageSource) => Promise<T>,
): Promise<T> {
  return withSource(context, context.data.train, { ...views, training: true }, use);
}

/** Runs `use` with whole pictures in their order, then ends the threads. */
export function withWholeImages<T>(
  context: RunContext,
  store: SampleStore,
  imageSize: ImageSourceOptions["imageSize"],
  use: (source: DataSource) => Promise<T>,
): Promise<T> {
  return withSource(context, store, { imageSize, training: false }, use);
}

/** The held-out pictures at one size, whole or cropped to the middle, decoded once and kept. */
export function heldOutImages(
  context: RunContext,
  imageSize: ImageSourceOptions["imageSize"],
  centerCrop?: ImageSourceOptions["centerCrop"],
): Promise<SourceOf<ImageBatch>> {
  const view = { imageSize, training: false, ...(centerCrop && { centerCrop }) };
  return withSource(context, context.data.validation, view, inMemory);
}

async function withSource<T>(
  { settings, onSkip }: RunContext,
  store: SampleStore,
  options: TrainingViews & Pick<ImageSourceOptions, "training" | "centerCrop">,
  use: (source: ImageSource) => Promise<T>,
): Promise<T> {
  const { recipe, run, data } = settings;
  const { onBad: onBadImage, ...limits } = pictureRules(data);
  const { workers } = data;
  const own = { batchSize: recipe.batchSize, seed: run.seed, workers, onBadImage, onSkip, ...limits };
  const source = imageSource(store, { ...options, ...own });
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}
