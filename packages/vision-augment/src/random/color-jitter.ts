import { atLeast, optional, requireOptions } from "known-options";
import { permutation, siteOf, uniform } from "sample-keys";
import type { ImageOp } from "../ops/image-op.ts";

const FACTOR = siteOf("jitter.factor");
const FACTORS = optional(atLeast(0));

/** Options of {@link colorJitterOps}: how far each factor may be from 1; 0 leaves it out. */
export interface ColorJitterOptions {
  /** Range of the brightness factor. Default 0. */
  readonly brightness?: number;
  /** Range of the contrast factor. Default 0. */
  readonly contrast?: number;
  /** Range of the saturation factor. Default 0. */
  readonly saturation?: number;
}

/**
 * Color jitter: brightness, contrast and saturation, each by a factor from [max(0, 1 − x), 1 + x), in random order.
 *
 * @param key - The sample's key of this epoch.
 * @throws RangeError if an option is negative or infinite.
 * @see torchvision's ColorJitter, without hue
 *
 * @example
 * import { sampleKey } from "sample-keys";
 *
 * const ops = colorJitterOps({ brightness: 0.3, contrast: 0.3, saturation: 0.3 }, sampleKey(42, 0, 7));
 */
export function colorJitterOps(options: ColorJitterOptions, key: number): ImageOp[] {
  requireOptions("colorJitterOps", options, { brightness: FACTORS, contrast: FACTORS, saturation: FACTORS });
  const { brightness = 0, contrast = 0, saturation = 0 } = options;
  const ranges = { brightness, contrast, color: saturation };
  const ops = (["brightness", "contrast", "color"] as const).map((name, i): ImageOp => {
    const range = ranges[name];
    const low = Math.max(0, 1 - range);
    return { name, factor: low + (1 + range - low) * uniform(key, FACTOR, i) };
  });
  return Array.from(permutation(ops.length, key), (i) => ops[i]!).filter(
    ({ name }) => ranges[name as keyof typeof ranges] > 0,
  );
}
