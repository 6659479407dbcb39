import { ANY, optional, requireOptions } from "known-options";
import { type ByteImage, INTERPOLATION, type Interpolation, roundHalfEven } from "./byte-image.ts";
import { resampleBytes } from "./resample-bytes.ts";

/** The evaluation's view of timm and FB: resized, then its middle. */
export interface CentreCropOptions {
  /** Side of the middle over the shorter side of the resized picture, in (0, 1]. Default 0.875. */
  readonly ratio?: number;
  /** Default `"bicubic"`. */
  readonly interpolation?: Interpolation;
}

/**
 * The middle of a picture whose shorter side was resized to `⌊size / ratio⌋`; the aspect ratio is kept.
 *
 * @throws RangeError if the ratio is outside (0, 1].
 */
export function centreCrop(image: ByteImage, size: number, options: CentreCropOptions): ByteImage {
  const { ratio = 0.875, interpolation = "bicubic" } = options;
  requireCropRatio(ratio);
  const { width, height } = image;
  const short = Math.floor(size / ratio);
  const long = Math.floor((short * Math.max(width, height)) / Math.min(width, height));
  const resized = width <= height ? { width: short, height: long } : { width: long, height: short };
  const part = {
    top: roundHalfEven((resized.height - size) / 2),
    left: roundHalfEven((resized.width - size) / 2),
    height: size,
    width: size,
  };
  return resampleBytes(image, { from: { top: 0, left: 0, height, width }, ...resized, part, interpolation });
}

/** @throws RangeError if an option is out of range, TypeError if one is not known. */
export function requireCentreCrop(options: CentreCropOptions): void {
  requireOptions("centreCrop", options, { ratio: ANY, interpolation: optional(INTERPOLATION) });
  if (options.ratio !== undefined) requireCropRatio(options.ratio);
}

/** @throws RangeError if the ratio is outside (0, 1]. */
function requireCropRatio(ratio: number): void {
  if (!(ratio > 0 && ratio <= 1)) throw new RangeError(`centreCrop: ratio must be in (0, 1], got ${ratio}`);
}
