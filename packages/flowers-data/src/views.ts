import { siteOf, uniform } from "sample-keys";
import { resampleWindow } from "./resample-window.ts";
import type { FloatImage } from "./resize-bilinear.ts";
import { type RgbImage, requirePositiveInteger, requireRgbImage } from "./rgb-image.ts";

const CROP_X = siteOf("crop.x");
const CROP_Y = siteOf("crop.y");
const FLIP = siteOf("flip");

/** What is shown of a picture: `evaluation` all of it, `training` a random crop, mirrored half of the time. */
export type View =
  | { readonly kind: "evaluation"; readonly size: number; readonly antialias?: boolean }
  | {
      readonly kind: "training";
      /** Side of the result, pixels. */
      readonly size: number;
      /** The sample's key of this epoch, from `sample-keys`. */
      readonly key: number;
      /** Pixels that the picture is made larger by before cropping. Default {@link defaultMargin}. */
      readonly margin?: number;
      readonly antialias?: boolean;
    };

/** @returns The Keras example's margin, 20 at 224, in proportion at other sizes. */
export function defaultMargin(size: number): number {
  return Math.round((size * 20) / 224);
}

/**
 * A square view of a picture, the augmentation of the Keras DeiT example.
 *
 * Evaluation: resized to `size²`. Training: resized to `(size + margin)²`, from which `size²` is cut at
 * `⌊u · (margin + 1)⌋` in each direction, then mirrored if `u < ½`. The `u` are fractions drawn from `key`, so one key gives
 * the same view at two sizes, up to a pixel: the student's and the teacher's.
 *
 * @param image - Any size, 0…255. Not changed.
 * @returns `[size, size, 3]`, float32, 0…255; owned by the caller.
 * @throws RangeError if a size or the margin is no integer in range, or the image's data does not fit its size.
 * @see https://keras.io/examples/vision/deit/
 *
 * @example
 * const image = { data: new Uint8Array(40 * 30 * 3), width: 40, height: 30 };
 * const view = viewOf(image, { kind: "training", size: 16, key: sampleKey(42, 0, 7) });
 * console.log(view.data.length); // 768
 */
export function viewOf(image: RgbImage, view: View): FloatImage {
  requireRgbImage("viewOf", image);
  requirePositiveInteger("viewOf", "size", view.size);
  const data = new Float32Array(view.size * view.size * 3);
  writeView(image, view, data, 0);
  return { data, width: view.size, height: view.size };
}

/** {@link viewOf} into an array that is there already, from `offset` on. The image is not checked. */
export function writeView(image: RgbImage, view: View, target: Float32Array, offset: number): void {
  const { size, antialias = false } = view;
  const part = { rows: size, columns: size, antialias };
  if (view.kind === "evaluation") {
    resampleWindow(
      image,
      { ...part, height: size, width: size, top: 0, left: 0, mirror: false },
      target,
      offset,
    );
    return;
  }
  const { key, margin = defaultMargin(size) } = view;
  if (!(Number.isInteger(margin) && margin >= 0)) {
    throw new RangeError(`viewOf: margin must be an integer >= 0, got ${margin}`);
  }
  const window = {
    ...part,
    height: size + margin,
    width: size + margin,
    top: Math.floor(uniform(key, CROP_Y) * (margin + 1)),
    left: Math.floor(uniform(key, CROP_X) * (margin + 1)),
    mirror: uniform(key, FLIP) < 0.5,
  };
  resampleWindow(image, window, target, offset);
}
