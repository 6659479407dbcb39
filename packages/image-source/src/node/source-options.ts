import { availableParallelism } from "node:os";
import { type Checks, COUNT, FUNCTION, oneOf, optional, requireOptions } from "known-options";
import { sidesOf } from "vision-augment";
import {
  BATCH_CHECKS,
  type BatchSettings,
  batchSettings,
  type ImageBatchOptions,
} from "../batches/batch-options.ts";
import type { BadImage } from "../image-batch.ts";

/** Options of `imageSource` and `batches`. */
export interface ImageSourceOptions extends ImageBatchOptions {
  /** Threads that decode and augment. Default: one less than there are cores, at least 1, at most 4. */
  readonly workers?: number;
  /** Batches made ahead of the one in use. Default `workers + 1`, at least 2, limited to 256 MiB where batches are large. */
  readonly prefetch?: number;
  /** Maximum number of pixels of a photo; a larger one does not decode. Default 100,000,000. */
  readonly maxPixels?: number;
  /** Policy for pictures that do not decode. Default `"throw"`. */
  readonly onBadImage?: "throw" | "skip";
  /** Called with each picture that is skipped. */
  readonly onSkip?: (bad: BadImage) => void;
}

/** Checks of {@link ImageSourceOptions}. */
export const SOURCE_CHECKS: Checks<ImageSourceOptions> = {
  ...BATCH_CHECKS,
  workers: optional(COUNT),
  prefetch: optional(COUNT),
  maxPixels: optional(COUNT),
  onBadImage: optional(oneOf("throw", "skip")),
  onSkip: optional(FUNCTION),
};

/** Options with their defaults. */
export type SourceSettings = ImageSourceOptions &
  BatchSettings &
  Required<Pick<ImageSourceOptions, "onBadImage" | "workers" | "prefetch">>;

/** Checks options and puts the defaults in. */
export function settingsOf(options: ImageSourceOptions): SourceSettings {
  requireOptions("imageSource", options, SOURCE_CHECKS);
  const { onBadImage = "throw" } = options;
  const { workers = Math.min(4, Math.max(1, availableParallelism() - 1)) } = options;
  const { prefetch = prefetchWithin(PREFETCH_BYTES, workers, options) } = options;
  return { ...batchSettings("imageSource", options), onBadImage, workers, prefetch };
}

const PREFETCH_BYTES = 256 * 2 ** 20;

/** Two at least where they are small: one that is ready, one under way. */
function prefetchWithin(bytes: number, workers: number, options: ImageSourceOptions): number {
  const { batchSize, imageSize, teacherImageSize = 0 } = options;
  const pixels = [imageSize, teacherImageSize]
    .map((size) => sidesOf(size))
    .map(([height, width]) => height * width);
  const batch = batchSize * (pixels[0]! + pixels[1]!) * 3 * Float32Array.BYTES_PER_ELEMENT;
  return Math.max(1, Math.min(Math.max(2, workers + 1), Math.floor(bytes / batch)));
}
