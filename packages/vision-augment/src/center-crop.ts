import { BOOLEAN, type Check, check, optional, requireOptions } from "known-options";
import { type ByteImage, INTERPOLATION, type Interpolation, roundHalfEven } from "./pixels/byte-image.ts";
import { resampleBytes } from "./resize/resample-bytes.ts";

/** Options of the center crop of timm and facebookresearch/deit: resize, then crop the center. */
export interface CenterCropOptions {
  /** Side of the crop over the shorter side of the resized image, in (0, 1]. Default 0.875. */
  readonly ratio?: number;
  /** Interpolation. Default `"bicubic"`. */
  readonly interpolation?: Interpolation;
  /** Whether both sides are resized to the shorter one's target, whatever the aspect ratio, as timm's `squash`. Default false. */
  readonly stretch?: boolean;
}

/** Check of the ratio. */
export const CROP_RATIO: Check = check(
  "in (0, 1]",
  (value) => typeof value === "number" && value > 0 && value <= 1,
);

/** Crops the center of an image whose shorter side is resized to `⌊size / ratio⌋`, keeping the aspect ratio unless it is stretched. */
export function centerCrop(image: ByteImage, size: number, options: CenterCropOptions): ByteImage {
  const { ratio = 0.875, interpolation = "bicubic", stretch = false } = options;
  const { width, height } = image;
  const short = Math.floor(size / ratio);
  const long = stretch ? short : Math.floor((short * Math.max(width, height)) / Math.min(width, height));
  const resized = width <= height ? { width: short, height: long } : { width: long, height: short };
  const part = {
    top: roundHalfEven((resized.height - size) / 2),
    left: roundHalfEven((resized.width - size) / 2),
    height: size,
    width: size,
  };
  return resampleBytes(image, { from: { top: 0, left: 0, height, width }, ...resized, part, interpolation });
}

/** Throws a RangeError if an option is out of range, a TypeError for an unknown one. */
export function requireCenterCrop(options: CenterCropOptions, caller = "centerCrop"): void {
  requireOptions(caller, options, {
    ratio: optional(CROP_RATIO),
    interpolation: optional(INTERPOLATION),
    stretch: optional(BOOLEAN),
  });
}
