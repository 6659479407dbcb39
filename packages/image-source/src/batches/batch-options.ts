import { BOOLEAN, type Checks, COUNT, integerFrom, OBJECT, oneOf, optional, UINT32 } from "known-options";
import {
  type Augmentation,
  type CenterCropOptions,
  PICTURE_SIZE,
  type PictureSize,
  requireAugmentation,
  requireCenterCrop,
} from "vision-augment";

/** Options of every source of batches: which pictures a batch has, and what it shows of them. */
export interface ImageBatchOptions {
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
}

/** Checks of {@link ImageBatchOptions}. */
export const BATCH_CHECKS: Checks<ImageBatchOptions> = {
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
};

/** Options with their defaults. */
export type BatchSettings = ImageBatchOptions &
  Required<Pick<ImageBatchOptions, "seed" | "antialias" | "repeats">>;

/** Checks options whose types are known to fit, and puts the defaults in. */
export function batchSettings<Options extends ImageBatchOptions>(
  caller: string,
  options: Options,
): Options & BatchSettings {
  const { training, augmentation, centerCrop, seed = 0, antialias = false } = options;
  const repeats = training ? (options.repeats ?? 1) : 1;
  if (augmentation !== undefined) {
    if (options.margin !== undefined) {
      throw new RangeError(`${caller}: expected a margin or an augmentation, got both`);
    }
    requireAugmentation(augmentation);
  }
  if (options.sampling !== undefined && options.shuffleBuffer !== undefined) {
    throw new RangeError(`${caller}: expected a sampling or a shuffleBuffer, got both`);
  }
  if (centerCrop !== undefined) requireCenterCrop(centerCrop);
  return { ...options, seed, antialias, repeats };
}
