import { BOOLEAN, type Check, check, optional, requireOptions } from "known-options";
import { type ByteImage, INTERPOLATION, type Interpolation, roundHalfEven } from "./pixels/byte-image.ts";
import { type PictureSize, sidesOf } from "./pixels/picture-size.ts";
import { resampleBytes } from "./resize/resample-bytes.ts";

/** Options of the center crop of timm and facebookresearch/deit: resize, then crop the center. */
export interface CenterCropOptions {
  /** Side of the crop over the shorter side of the resized image, in (0, 1]. Default 0.875. */
  readonly ratio?: number;
  /** Interpolation. Default `"bicubic"`. */
  readonly interpolation?: Interpolation;
  /** Whether both sides are resized to their share of the crop, whatever the aspect ratio, as timm's `squash`. Default false. */
  readonly stretch?: boolean;
}

/** Check of the ratio. */
export const CROP_RATIO: Check = check(
  "in (0, 1]",
  (value) => typeof value === "number" && value > 0 && value <= 1,
);

/**
 * Crops the center of an image whose shorter side is resized to `⌊size / ratio⌋`, keeping the aspect ratio unless it is stretched. For a
 * rectangle it is resized to cover `⌊height / ratio⌋ × ⌊width / ratio⌋`, as timm does.
 */
export function centerCrop(image: ByteImage, size: PictureSize, options: CenterCropOptions): ByteImage {
  const { ratio = 0.875, interpolation = "bicubic", stretch = false } = options;
  const { width, height } = image;
  const [rows, columns] = sidesOf(size);
  const target = { height: Math.floor(rows / ratio), width: Math.floor(columns / ratio) };
  const resized = stretch ? target : covering(image, target);
  const part = {
    top: roundHalfEven((resized.height - rows) / 2),
    left: roundHalfEven((resized.width - columns) / 2),
    height: rows,
    width: columns,
  };
  return resampleBytes(image, { from: { top: 0, left: 0, height, width }, ...resized, part, interpolation });
}

/** An image's size on a target: a square's by torchvision's Resize, which rounds down, a rectangle's by timm's ResizeKeepRatio. */
function covering(
  { width, height }: ByteImage,
  target: { readonly height: number; readonly width: number },
): { readonly height: number; readonly width: number } {
  if (target.height === target.width) {
    const long = Math.floor((target.height * Math.max(width, height)) / Math.min(width, height));
    return width <= height ? { width: target.width, height: long } : { width: long, height: target.height };
  }
  const scale = Math.min(height / target.height, width / target.width);
  return { height: roundHalfEven(height / scale), width: roundHalfEven(width / scale) };
}

/** Throws a RangeError if an option is out of range, a TypeError for an unknown one. */
export function requireCenterCrop(options: CenterCropOptions, caller = "centerCrop"): void {
  requireOptions(caller, options, {
    ratio: optional(CROP_RATIO),
    interpolation: optional(INTERPOLATION),
    stretch: optional(BOOLEAN),
  });
}
