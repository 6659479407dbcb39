import {
  BOOLEAN,
  check,
  either,
  integerFrom,
  type KindChecks,
  OBJECT,
  optional,
  requireKind,
  UINT32,
} from "known-options";
import { siteOf, uniform } from "sample-keys";
import { type Augmentation, requireAugmentation, writeAugmented } from "./augmentation.ts";
import { type CenterCropOptions, CROP_RATIO, centerCrop } from "./center-crop.ts";
import { INTERPOLATION, requireByteImage } from "./pixels/byte-image.ts";
import { PICTURE_SIZE, type PictureSize, sidesOf } from "./pixels/picture-size.ts";
import { type RgbImage, requireRgbImage } from "./pixels/rgb-image.ts";
import { resampleWindow } from "./resize/resample-window.ts";
import type { FloatImage } from "./resize/resize-bilinear.ts";

const CROP_X = siteOf("crop.x");
const CROP_Y = siteOf("crop.y");
const FLIP = siteOf("flip");

/**
 * Part of a picture that a view shows. As in the Keras example, `evaluation` is all of it and `training`
 * a random crop, mirrored half of the time. As in timm and DeiT, `center` is the middle and `augmented` a random resized crop with
 * the rest of the augmentation.
 */
export type View =
  | { readonly kind: "evaluation"; readonly size: PictureSize; readonly antialias?: boolean }
  | ({ readonly kind: "center"; readonly size: PictureSize } & CenterCropOptions)
  | {
      readonly kind: "augmented";
      readonly size: PictureSize;
      /** The sample's key of this epoch, from `sample-keys`. */
      readonly key: number;
      readonly augmentation: Augmentation;
    }
  | {
      readonly kind: "training";
      /** Size of the result, pixels: one number for a square, or `[height, width]`. */
      readonly size: PictureSize;
      /** The sample's key of this epoch, from `sample-keys`. */
      readonly key: number;
      /** Pixels that the picture is made larger by before cropping, of both sides or of each. Default {@link defaultMargin} of each. */
      readonly margin?: number | readonly [height: number, width: number];
      readonly antialias?: boolean;
    };

const SIZED = { size: PICTURE_SIZE };
const MARGIN = integerFrom(0);
const MARGINS = either(
  MARGIN,
  check("[height, width]", (value) => Array.isArray(value) && value.length === 2 && value.every(MARGIN.fits)),
);
const CHECKS: KindChecks<View, "kind"> = {
  evaluation: { ...SIZED, antialias: optional(BOOLEAN) },
  center: {
    ...SIZED,
    ...{ ratio: optional(CROP_RATIO), interpolation: optional(INTERPOLATION), stretch: optional(BOOLEAN) },
  },
  augmented: { ...SIZED, key: UINT32, augmentation: OBJECT },
  training: { ...SIZED, key: UINT32, margin: optional(MARGINS), antialias: optional(BOOLEAN) },
};

/** Returns the Keras example's margin: 20 at 224, in proportion at other sizes. */
export function defaultMargin(size: number): number {
  return Math.round((size * 20) / 224);
}

/**
 * Computes a view of an image: a square, or a rectangle.
 *
 * `evaluation`: resized to `size²`. `training`: resized to `(size + margin)²`, from which `size²` is cut at
 * `⌊u · (margin + 1)⌋` in each direction, then mirrored if `u < ½`; a rectangle's sides each have their own. The `u` are fractions drawn from `key`, so one key gives
 * the same view at two sizes, up to a pixel: the student's and the teacher's. `center` and `augmented`: byte for byte as timm
 * makes them with PIL; only noise of random erasing leaves 0…255.
 *
 * @param image - Any size, 0…255; bytes for `center` and `augmented`. Not changed.
 * @returns `[height, width, 3]`, float32, 0…255; owned by the caller.
 * @throws RangeError if a size, the margin or an option of the augmentation is out of range, or the image's data does not
 * fit its size. TypeError if bytes are needed and the data are none, or for an unknown field of the view.
 * @see https://keras.io/examples/vision/deit/; timm, timm/data/transforms_factory.py
 *
 * @example
 * import { sampleKey } from "sample-keys";
 *
 * const image = { data: new Uint8Array(40 * 30 * 3), width: 40, height: 30 };
 * const view = viewOf(image, { kind: "training", size: 16, key: sampleKey(42, 0, 7) });
 * console.log(view.data.length); // 768
 */
export function viewOf(image: RgbImage, view: View): FloatImage {
  requireKind("viewOf", view, "kind", CHECKS);
  if (view.kind === "augmented") requireAugmentation(view.augmentation);
  requireRgbImage("viewOf", image);
  const [height, width] = sidesOf(view.size);
  const data = new Float32Array(height * width * 3);
  writeView(image, view, data, 0);
  return { data, width, height };
}

/**
 * {@link viewOf} into an array that is there already, such as a batch, from `offset` on. The image and the augmentation are not checked.
 *
 * @throws TypeError for an unknown field of the view. RangeError if one is out of range.
 */
export function writeView(image: RgbImage, view: View, target: Float32Array, offset: number): void {
  requireKind("writeView", view, "kind", CHECKS);
  if (view.kind === "center") {
    requireByteImage("viewOf", image);
    target.set(centerCrop(image, view.size, view).data, offset);
    return;
  }
  if (view.kind === "augmented") {
    requireByteImage("viewOf", image);
    writeAugmented(image, view, target, offset);
    return;
  }
  const { size, antialias = false } = view;
  const [height, width] = sidesOf(size);
  const part = { rows: height, columns: width, antialias };
  if (view.kind === "evaluation") {
    resampleWindow(image, { ...part, height, width, top: 0, left: 0, mirror: false }, target, offset);
    return;
  }
  const { key, margin = [defaultMargin(height), defaultMargin(width)] } = view;
  const [above, beside] = sidesOf(margin);
  const window = {
    ...part,
    height: height + above,
    width: width + beside,
    top: Math.floor(uniform(key, CROP_Y) * (above + 1)),
    left: Math.floor(uniform(key, CROP_X) * (beside + 1)),
    mirror: uniform(key, FLIP) < 0.5,
  };
  resampleWindow(image, window, target, offset);
}
