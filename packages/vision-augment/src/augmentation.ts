import { FRACTION, OBJECT, optional, requireOptions } from "known-options";
import { siteOf, uniform } from "sample-keys";
import { applyImageOp } from "./ops/image-op.ts";
import type { ByteImage } from "./pixels/byte-image.ts";
import { type PictureSize, sidesOf } from "./pixels/picture-size.ts";
import { type ColorJitterOptions, colorJitterOps } from "./random/color-jitter.ts";
import { type ResizedCropOptions, resizedCropBox } from "./random/crop-box.ts";
import { type RandAugmentOptions, randAugmentOps } from "./random/rand-augment.ts";
import { eraseAtRandom, type RandomErasingOptions } from "./random/random-erasing.ts";
import { type SimpleCropOptions, simpleCrop } from "./random/simple-crop.ts";
import { type ThreeAugmentOptions, threeAugmentOp } from "./random/three-augment.ts";
import { resampleBytes } from "./resize/resample-bytes.ts";

const FLIP = siteOf("flip");

/** Augmentation of training images, in timm's order; absent steps are left out. */
export interface Augmentation {
  /** Random resized crop, applied unless there is a `simpleCrop`. Default torchvision's. */
  readonly crop?: ResizedCropOptions;
  /** DeiT III's simple random crop in place of `crop`. Default: none. */
  readonly simpleCrop?: SimpleCropOptions;
  /** Probability of a horizontal flip. Default 0.5. */
  readonly flip?: number;
  /** RandAugment. Default: none. */
  readonly randAugment?: RandAugmentOptions;
  /** One of 3-Augment's ops: gray, solarized or blurred. Default: none. */
  readonly threeAugment?: ThreeAugmentOptions;
  /** Color jitter, applied beside RandAugment too, unlike in timm. Default: none. */
  readonly colorJitter?: ColorJitterOptions;
  /** Random erasing. Default: none. */
  readonly erasing?: RandomErasingOptions;
}

/**
 * DeiT's augmentation: random resized crop (bicubic), flip, RandAugment `rand-m9-mstd0.5-inc1`, erasing with probability ¼.
 *
 * @see Touvron et al. 2021, table 9, https://arxiv.org/abs/2012.12877
 */
export const DEIT_AUGMENTATION: Augmentation = { crop: {}, flip: 0.5, randAugment: {}, erasing: {} };

/**
 * DeiT III's augmentation: random resized crop (bicubic), flip, one op of 3-Augment, color jitter of 0.3, no erasing.
 *
 * @see Touvron et al. 2022, https://arxiv.org/abs/2204.07118; facebookresearch/deit, augment.py
 */
export const DEIT3_AUGMENTATION: Augmentation = {
  crop: {},
  flip: 0.5,
  threeAugment: {},
  colorJitter: { brightness: 0.3, contrast: 0.3, saturation: 0.3 },
};

/** An augmented view of a picture into `target` from `offset` on: height × width × 3 values. */
export function writeAugmented(
  image: ByteImage,
  { size, key, augmentation }: { size: PictureSize; key: number; augmentation: Augmentation },
  target: Float32Array,
  offset: number,
): void {
  const { flip = 0.5, randAugment, threeAugment, colorJitter, erasing } = augmentation;
  let view = cropped(image, size, augmentation, key);
  if (uniform(key, FLIP) < flip) view = mirrored(view);
  if (randAugment !== undefined)
    for (const op of randAugmentOps(randAugment, key)) view = applyImageOp(view, op);
  if (threeAugment !== undefined) view = applyImageOp(view, threeAugmentOp(threeAugment, key));
  if (colorJitter !== undefined)
    for (const op of colorJitterOps(colorJitter, key)) view = applyImageOp(view, op);
  target.set(view.data, offset);
  if (erasing !== undefined) eraseAtRandom(target, offset, size, erasing, key);
}

function cropped(
  image: ByteImage,
  size: PictureSize,
  { crop = {}, simpleCrop: simple }: Augmentation,
  key: number,
): ByteImage {
  if (simple !== undefined) return simpleCrop(image, size, simple, key);
  const from = resizedCropBox(image, crop, key);
  const [height, width] = sidesOf(size);
  const part = { top: 0, left: 0, height, width };
  const { interpolation = "bicubic" } = crop;
  return resampleBytes(image, { from, height, width, part, interpolation });
}

/** Throws a RangeError if an option is out of range, a TypeError for an unknown one. */
export function requireAugmentation(augmentation: Augmentation, caller = "Augmentation"): void {
  requireOptions(caller, augmentation, {
    crop: optional(OBJECT),
    simpleCrop: optional(OBJECT),
    flip: optional(FRACTION),
    randAugment: optional(OBJECT),
    threeAugment: optional(OBJECT),
    colorJitter: optional(OBJECT),
    erasing: optional(OBJECT),
  });
  if (augmentation.crop !== undefined && augmentation.simpleCrop !== undefined)
    throw new RangeError(`${caller}: expected crop or simpleCrop, got both`);
  const image = { data: new Uint8Array(12), width: 2, height: 2 };
  writeAugmented(image, { size: 2, key: 0, augmentation }, new Float32Array(12), 0); // each step refuses what it cannot do
}

function mirrored({ data, width, height }: ByteImage): ByteImage {
  const result = new Uint8Array(data.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const from = (row * width + column) * 3;
      const to = (row * width + width - 1 - column) * 3;
      for (let c = 0; c < 3; c++) result[to + c] = data[from + c]!;
    }
  }
  return { data: result, width, height };
}
