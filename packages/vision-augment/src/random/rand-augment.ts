import { atLeast, type Checks, check, FRACTION, integerFrom, optional, requireOptions } from "known-options";
import { normal, siteOf, uniform } from "sample-keys";
import type { ImageOp } from "../ops/image-op.ts";
import { INTERPOLATION, type Interpolation, RGB, type Rgb } from "../pixels/byte-image.ts";

const OP = siteOf("randaugment.op");
const APPLY = siteOf("randaugment.apply");
const MAGNITUDE = siteOf("randaugment.magnitude");
const SIGN = siteOf("randaugment.sign");

/** timm's ops of `rand-…-inc1`: those whose severity grows with the magnitude. */
export const RAND_AUGMENT_OPS: readonly Exclude<ImageOp["name"], "gaussianBlur">[] = [
  "autoContrast",
  "equalize",
  "invert",
  "rotate",
  "posterize",
  "solarize",
  "solarizeAdd",
  "color",
  "contrast",
  "brightness",
  "sharpness",
  "shearX",
  "shearY",
  "translateX",
  "translateY",
];

/** Options of {@link randAugmentOps}; the defaults are timm's `rand-m9-mstd0.5-inc1` at ImageNet's mean color. */
export interface RandAugmentOptions {
  /** Mean severity, in [0, 10]. Default 9. */
  readonly magnitude?: number;
  /** Standard deviation of the severity, which stays in [0, 10]. Default 0.5. */
  readonly magnitudeStd?: number;
  /** Number of ops drawn per image, with replacement. Default 2. */
  readonly layers?: number;
  /** Probability of applying a drawn op, in [0, 1]. Default 0.5. */
  readonly probability?: number;
  /** Interpolation of rotations, shears and translations. Default `"bicubic"`. */
  readonly interpolation?: Interpolation;
  /** Color of uncovered pixels. Default `[124, 116, 104]`. */
  readonly fill?: Rgb;
}

const CHECKS: Checks<RandAugmentOptions> = {
  magnitude: optional(check("in [0, 10]", (value) => typeof value === "number" && value >= 0 && value <= 10)),
  magnitudeStd: optional(atLeast(0)),
  layers: optional(integerFrom(0)),
  probability: optional(FRACTION),
  interpolation: optional(INTERPOLATION),
  fill: optional(RGB),
};

/** `fill` of timm: the mean of ImageNet's pixels. */
const IMAGENET_FILL: Rgb = [124, 116, 104];

/**
 * Draws the ops of RandAugment for an image.
 *
 * Each layer draws one of {@link RAND_AUGMENT_OPS} evenly, whether it is applied, its severity `normal(magnitude, std)` kept in
 * [0, 10], and the sign of what can go two ways. Drawn from `key`, so one key gives the same ops at any size.
 *
 * @param key - The sample's key of this epoch.
 * @returns At most `layers` ops, in order of application.
 * @throws RangeError if an option is out of range.
 * @see Cubuk et al. 2019, https://arxiv.org/abs/1909.13719; timm, timm/data/auto_augment.py
 *
 * @example
 * import { sampleKey } from "sample-keys";
 *
 * let image: ByteImage = { data: new Uint8Array(40 * 30 * 3), width: 40, height: 30 };
 * for (const op of randAugmentOps({}, sampleKey(42, 0, 7))) image = applyImageOp(image, op);
 */
export function randAugmentOps(options: RandAugmentOptions, key: number): ImageOp[] {
  requireOptions("randAugmentOps", options, CHECKS);
  const { magnitude = 9, magnitudeStd = 0.5, layers = 2, probability = 0.5 } = options;
  const { interpolation = "bicubic", fill = IMAGENET_FILL } = options;
  const ops: ImageOp[] = [];
  for (let layer = 0; layer < layers; layer++) {
    if (uniform(key, APPLY, layer) >= probability) continue;
    const name = RAND_AUGMENT_OPS[Math.floor(uniform(key, OP, layer) * RAND_AUGMENT_OPS.length)]!;
    const severity = Math.min(10, Math.max(0, magnitude + magnitudeStd * normal(key, MAGNITUDE, layer)));
    const negative = uniform(key, SIGN, layer) >= 0.5;
    ops.push(opAt(name, severity, negative, { interpolation, fill }));
  }
  return ops;
}

/** An op with timm's parameters at a severity in [0, 10]. */
export function opAt(
  name: (typeof RAND_AUGMENT_OPS)[number],
  severity: number,
  negative: boolean,
  how: { readonly interpolation: Interpolation; readonly fill: Rgb },
): ImageOp {
  const level = severity / 10;
  const signed = (value: number): number => (negative ? -value : value);
  switch (name) {
    case "autoContrast":
    case "equalize":
    case "invert":
      return { name };
    case "posterize":
      return { name, bits: 4 - Math.trunc(level * 4) };
    case "solarize":
      return { name, threshold: 256 - Math.min(256, Math.trunc(level * 256)) };
    case "solarizeAdd":
      return { name, amount: Math.min(128, Math.trunc(level * 110)) };
    case "color":
    case "contrast":
    case "brightness":
    case "sharpness":
      return { name, factor: Math.max(0.1, 1 + signed(level * 0.9)) };
    case "rotate":
      return { name, degrees: signed(level * 30), ...how };
    case "shearX":
    case "shearY":
      return { name, factor: signed(level * 0.3), ...how };
    case "translateX":
    case "translateY":
      return { name, fraction: signed(level * 0.45), ...how };
  }
}
