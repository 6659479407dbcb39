import { availableParallelism } from "node:os";
import {
  BOOLEAN,
  type Checks,
  COUNT,
  FUNCTION,
  integerFrom,
  OBJECT,
  oneOf,
  optional,
  requireOptions,
  UINT32,
} from "known-options";
import {
  type Augmentation,
  type CenterCropOptions,
  PICTURE_SIZE,
  type PictureSize,
  requireAugmentation,
  requireCenterCrop,
  sidesOf,
} from "vision-augment";
import type { BadImage } from "../image-batch.ts";

/** Options of `imageSource` and `batches`. */
export interface ImageSourceOptions {
  /** Samples in a batch; an epoch's last one may be smaller. */
  readonly batchSize: number;
  /** Size of the student's view, pixels: one number for a square, or `[height, width]`. */
  readonly imageSize: PictureSize;
  /** Size of the teacher's view of the same crop, as `imageSize`. Default: batches have no `teacherImages`. */
  readonly teacherImageSize?: PictureSize;
  /** `true`: pictures are shuffled, cropped and mirrored. `false`: whole pictures in the store's order. */
  readonly training: boolean;
  /** Seed of order, crops and flips; uint32. Default 0. */
  readonly seed?: number;
  /** See `resizeBilinear`. Default `false`. */
  readonly antialias?: boolean;
  /** Pixels by which both sides of a training picture are larger than its crop's, at `imageSize`. Default 20 at 224, in proportion of each side. */
  readonly margin?: number;
  /** Augmentation of training pictures, such as `DEIT_AUGMENTATION`. Default: the Keras example's crop by `margin`, and flip. */
  readonly augmentation?: Augmentation;
  /** Crop of pictures for evaluation, such as `{ ratio: 0.875 }`. Default: whole pictures, as in the Keras example. */
  readonly centerCrop?: CenterCropOptions;
  /**
   * Repeated augmentation: number of times that a training sample is shown in an epoch, each with its own key. The epoch's length stays,
   * so it shows a part of the samples; see `size`. Default 1; DeiT has 3.
   */
  readonly repeats?: number;
  /**
   * Fixed augmentation: training views and their view keys repeat after this many epochs, so that a teacher's logits can be stored; 1
   * shows the same views in every epoch. Order and `sampleKeys` are new in each epoch all the same. Default: views never repeat.
   */
  readonly viewEpochs?: number;
  /**
   * `"balanced"`: an epoch's samples are drawn with replacement, all classes alike (of a picture with several, by its rarest), as by
   * PyTorch's `WeightedRandomSampler`; each draw has its own crop. Default: each sample once.
   */
  readonly sampling?: "balanced";
  /** Shuffle like `tf.data` with a buffer of this many samples. Default: a full shuffle. */
  readonly shuffleBuffer?: number;
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
  batchSize: COUNT,
  imageSize: PICTURE_SIZE,
  teacherImageSize: optional(PICTURE_SIZE),
  training: BOOLEAN,
  seed: optional(UINT32),
  antialias: optional(BOOLEAN),
  margin: optional(integerFrom(0)),
  augmentation: optional(OBJECT),
  centerCrop: optional(OBJECT),
  repeats: optional(COUNT),
  viewEpochs: optional(COUNT),
  sampling: optional(oneOf("balanced")),
  shuffleBuffer: optional(COUNT),
  workers: optional(COUNT),
  prefetch: optional(COUNT),
  maxPixels: optional(COUNT),
  onBadImage: optional(oneOf("throw", "skip")),
  onSkip: optional(FUNCTION),
};

/** Options with their defaults. */
export type SourceSettings = ImageSourceOptions &
  Required<
    Pick<ImageSourceOptions, "seed" | "antialias" | "onBadImage" | "workers" | "prefetch" | "repeats">
  >;

/** Checks options and puts the defaults in. */
export function settingsOf(options: ImageSourceOptions): SourceSettings {
  requireOptions("imageSource", options, SOURCE_CHECKS);
  const { training, augmentation, centerCrop } = options;
  const { seed = 0, antialias = false, onBadImage = "throw" } = options;
  const { workers = Math.min(4, Math.max(1, availableParallelism() - 1)) } = options;
  const { prefetch = prefetchWithin(PREFETCH_BYTES, workers, options) } = options;
  const repeats = training ? (options.repeats ?? 1) : 1;
  if (augmentation !== undefined) {
    if (options.margin !== undefined) {
      throw new RangeError("imageSource: expected a margin or an augmentation, got both");
    }
    requireAugmentation(augmentation);
  }
  if (options.sampling !== undefined && options.shuffleBuffer !== undefined) {
    throw new RangeError("imageSource: expected a sampling or a shuffleBuffer, got both");
  }
  if (centerCrop !== undefined) requireCenterCrop(centerCrop);
  return { ...options, seed, antialias, onBadImage, workers, prefetch, repeats };
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
