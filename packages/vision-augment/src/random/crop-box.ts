import { ANY, optional, requireOptions } from "known-options";
import { type Draws, drawsAt, siteOf } from "sample-keys";
import { type Box, INTERPOLATION, type Interpolation, roundHalfEven } from "../pixels/byte-image.ts";

const CROP = siteOf("crop.resized");

/** Options of a random resized crop. The defaults are torchvision's and timm's. */
export interface ResizedCropOptions {
  /** Smallest and largest share of the image's area. Default `[0.08, 1]`. */
  readonly scale?: readonly [number, number];
  /** Smallest and largest aspect ratio, width over height. Default `[3 / 4, 4 / 3]`. */
  readonly ratio?: readonly [number, number];
  /** Interpolation. Default `"bicubic"`. */
  readonly interpolation?: Interpolation;
}

/**
 * Draws the box of a random resized crop: area and aspect ratio are drawn until they fit, at most ten times; then the largest
 * box in the center is used.
 *
 * @param size - Size of the image in pixels.
 * @param key - The sample's key of this epoch.
 * @throws RangeError if a range is empty or out of bounds.
 * @see Szegedy et al. 2015, https://arxiv.org/abs/1409.4842; timm's RandomResizedCropAndInterpolation
 *
 * @example
 * import { sampleKey } from "sample-keys";
 *
 * console.log(resizedCropBox({ width: 500, height: 375 }, {}, sampleKey(42, 0, 7)));
 */
export function resizedCropBox(
  size: { readonly width: number; readonly height: number },
  options: ResizedCropOptions,
  key: number,
): Box {
  requireOptions("resizedCropBox", options, {
    scale: ANY,
    ratio: ANY,
    interpolation: optional(INTERPOLATION),
  });
  return cropBoxFrom(size, options, drawsAt(key, CROP));
}

/** {@link resizedCropBox} from given draws: area and log of the ratio of each attempt, then top and left. */
export function cropBoxFrom(
  { width, height }: { readonly width: number; readonly height: number },
  { scale = [0.08, 1], ratio = [3 / 4, 4 / 3] }: ResizedCropOptions,
  draws: Draws,
): Box {
  requireRange("scale", scale, 1);
  requireRange("ratio", ratio, Number.MAX_VALUE);
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = draws.between(scale[0], scale[1]) * (width * height);
    const aspect = Math.exp(draws.between(Math.log(ratio[0]), Math.log(ratio[1])));
    const columns = roundHalfEven(Math.sqrt(area * aspect));
    const rows = roundHalfEven(Math.sqrt(area / aspect));
    if (columns >= 1 && rows >= 1 && columns <= width && rows <= height) {
      const top = draws.integer(0, height - rows);
      return { top, left: draws.integer(0, width - columns), height: rows, width: columns };
    }
  }
  const whole = width / height;
  const rows = whole < ratio[0] ? Math.max(1, roundHalfEven(width / ratio[0])) : height;
  const columns = whole > ratio[1] ? Math.max(1, roundHalfEven(height * ratio[1])) : width;
  const [top, left] = [Math.floor((height - rows) / 2), Math.floor((width - columns) / 2)];
  return { top, left, height: rows, width: columns };
}

function requireRange(name: string, [low, high]: readonly [number, number], limit: number): void {
  if (!(low > 0 && low <= high && high <= limit)) {
    throw new RangeError(
      `resizedCropBox: ${name} must be two rising numbers in (0, ${limit}], got ${low} and ${high}`,
    );
  }
}
