import { ANY, requireOptions } from "known-options";
import { siteOf, uniform } from "sample-keys";
import type { ImageOp } from "../ops/image-op.ts";

const CHOICE = siteOf("three.choice");
const RADIUS = siteOf("three.radius");

/** Options of {@link threeAugmentOp}. The default is DeiT III's. */
export interface ThreeAugmentOptions {
  /** Smallest and largest standard deviation of the blur, in pixels of the view. Default `[0.1, 2]`. */
  readonly blur?: readonly [number, number];
}

/**
 * Draws one op of 3-Augment for an image: gray, solarized from 128 on, or blurred, each for a third of the images.
 *
 * @param key - The sample's key of this epoch.
 * @throws RangeError if `blur` is not two rising numbers ≥ 0.
 * @see Touvron et al. 2022, https://arxiv.org/abs/2204.07118; facebookresearch/deit, augment.py
 *
 * @example
 * import { sampleKey } from "sample-keys";
 *
 * const image: ByteImage = { data: new Uint8Array(40 * 30 * 3), width: 40, height: 30 };
 * const changed = applyImageOp(image, threeAugmentOp({}, sampleKey(42, 0, 7)));
 */
export function threeAugmentOp(options: ThreeAugmentOptions, key: number): ImageOp {
  const { blur = [0.1, 2] } = requireOptions("threeAugmentOp", options, { blur: ANY });
  const [low, high] = blur;
  if (!(low >= 0 && low <= high && high < Number.POSITIVE_INFINITY)) {
    throw new RangeError(
      `threeAugmentOp: blur must be two rising finite numbers >= 0, got ${low} and ${high}`,
    );
  }
  const ops: readonly ImageOp[] = [
    { name: "color", factor: 0 }, // gray
    { name: "solarize", threshold: 128 },
    { name: "gaussianBlur", radius: low + (high - low) * uniform(key, RADIUS) },
  ];
  return ops[Math.floor(uniform(key, CHOICE) * ops.length)]!;
}
