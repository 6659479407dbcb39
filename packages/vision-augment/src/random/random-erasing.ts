import { ANY, FRACTION, optional, requireOptions } from "known-options";
import { type Draws, drawsAt, normal, siteOf } from "sample-keys";
import { type Box, roundHalfEven } from "../pixels/byte-image.ts";
import { type PictureSize, sidesOf } from "../pixels/picture-size.ts";

const ERASE = siteOf("erase");
const NOISE = siteOf("erase.noise");

/** Options of {@link eraseAtRandom}. The defaults are DeiT's, in timm's mode `pixel`. */
export interface RandomErasingOptions {
  /** Probability of erasing. Default 0.25. */
  readonly probability?: number;
  /** Smallest and largest share of the image's area. Default `[0.02, 1 / 3]`. */
  readonly area?: readonly [number, number];
  /** Smallest and largest aspect ratio, height over width. Default `[0.3, 1 / 0.3]`. */
  readonly ratio?: readonly [number, number];
  /** Mean of the noise by channel, for pixels in [0, 1]. Default ImageNet's. */
  readonly mean?: readonly [number, number, number];
  /** Standard deviation of the noise by channel, for pixels in [0, 1]. Default ImageNet's. */
  readonly std?: readonly [number, number, number];
}

const IMAGENET_MEAN = [0.485, 0.456, 0.406] as const;
const IMAGENET_STD = [0.229, 0.224, 0.225] as const;

/**
 * Random erasing: with some probability, a rectangle of noise in place of a part of the picture.
 *
 * timm erases after it has normalized, with standard normal noise. Here pictures are normalized later, by the model's
 * preprocessing, so the noise is what normalizing by `mean` and `std` turns into standard normal numbers:
 * `255 · (mean + std · n)`. It is not cut to 0…255. The rectangle is drawn from `key` as shares of the sides, so one key erases
 * the same part at two sizes, up to a pixel.
 *
 * @param data - `[height, width, 3]` from `offset` on, float32, 0…255. Changed in place.
 * @param size - Pixels: one number for a square, or `[height, width]`.
 * @param key - The sample's key of this epoch.
 * @throws RangeError if an option is out of range.
 * @see Zhong et al. 2017, https://arxiv.org/abs/1708.04896; timm, timm/data/random_erasing.py
 *
 * @example
 * import { sampleKey } from "sample-keys";
 *
 * eraseAtRandom(view.data, 0, view.width, {}, sampleKey(42, 0, 7));
 */
export function eraseAtRandom(
  data: Float32Array,
  offset: number,
  size: PictureSize,
  options: RandomErasingOptions,
  key: number,
): void {
  requireOptions("eraseAtRandom", options, {
    probability: optional(FRACTION),
    area: ANY,
    ratio: ANY,
    mean: ANY,
    std: ANY,
  });
  const [height, width] = sidesOf(size);
  const box = eraseBoxFrom({ width, height }, options, drawsAt(key, ERASE));
  if (box === undefined) return;
  const { mean = IMAGENET_MEAN, std = IMAGENET_STD } = options;
  let count = 0;
  for (let row = box.top; row < box.top + box.height; row++) {
    const first = offset + (row * width + box.left) * 3;
    for (let i = 0; i < box.width * 3; i++) {
      const channel = i % 3;
      data[first + i] = 255 * (mean[channel]! + std[channel]! * normal(key, NOISE, count++));
    }
  }
}

/** The rectangle from given draws: whether at all, area and log of the ratio of each attempt, then top and left. */
export function eraseBoxFrom(
  { width, height }: { readonly width: number; readonly height: number },
  options: RandomErasingOptions,
  draws: Draws,
): Box | undefined {
  const { probability = 0.25, area = [0.02, 1 / 3], ratio = [0.3, 1 / 0.3] } = options;
  requireErasing(probability, area, ratio);
  if (!draws.chance(probability)) return undefined;
  for (let attempt = 0; attempt < 10; attempt++) {
    const target = draws.between(area[0], area[1]) * (width * height);
    const aspect = Math.exp(draws.between(Math.log(ratio[0]), Math.log(ratio[1])));
    const rows = roundHalfEven(Math.sqrt(target * aspect));
    const columns = roundHalfEven(Math.sqrt(target / aspect));
    if (columns < width && rows < height) {
      const top = draws.integer(0, height - rows);
      return { top, left: draws.integer(0, width - columns), height: rows, width: columns };
    }
  }
  return undefined;
}

function requireErasing(
  probability: number,
  area: readonly [number, number],
  ratio: readonly [number, number],
): void {
  if (!(probability >= 0 && probability <= 1)) {
    throw new RangeError(`eraseAtRandom: probability must be in [0, 1], got ${probability}`);
  }
  for (const [name, [low, high]] of Object.entries({ area, ratio })) {
    if (!(low > 0 && low <= high && (name === "ratio" || high <= 1))) {
      throw new RangeError(
        `eraseAtRandom: ${name} must be two rising numbers above 0, got ${low} and ${high}`,
      );
    }
  }
}
