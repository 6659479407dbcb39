import type { DataSource } from "distill-trainer";
import { type ImageSourceOptions, imageSource, type SampleStore } from "flowers-data";
import type { RunContext } from "../context.ts";
import { inMemory } from "./in-memory.ts";

/** Sizes that pictures are wanted at, pixels. */
export interface ViewSizes {
  readonly imageSize: number;
  /** The teacher's, where it wants another. */
  readonly teacherImageSize?: number;
}

/** Runs `use` with training batches (shuffled, cropped, mirrored, new in every epoch), then ends their threads. */
export function withTrainingImages<T>(
  context: RunContext,
  sizes: ViewSizes,
  use: (source: DataSource) => Promise<T>,
): Promise<T> {
  return withSource(context, context.data.train, { ...sizes, training: true }, use);
}

/** Runs `use` with pictures whole and in order, then ends their threads. */
export function withWholeImages<T>(
  context: RunContext,
  store: SampleStore,
  imageSize: number,
  use: (source: DataSource) => Promise<T>,
): Promise<T> {
  return withSource(context, store, { imageSize, training: false }, use);
}

/** The held-out pictures at one size, decoded once and kept. */
export function heldOutImages(context: RunContext, imageSize: number): Promise<DataSource> {
  return withWholeImages(context, context.data.validation, imageSize, inMemory);
}

async function withSource<T>(
  { settings, onSkip }: RunContext,
  store: SampleStore,
  options: ViewSizes & Pick<ImageSourceOptions, "training">,
  use: (source: DataSource) => Promise<T>,
): Promise<T> {
  const { batchSize, seed, workers, skipBadImages } = settings;
  const onBadImage = skipBadImages ? "skip" : "throw";
  const source = imageSource(store, { ...options, batchSize, seed, workers, onBadImage, onSkip });
  try {
    return await use(source);
  } finally {
    await source.close();
  }
}
