import { BOOLEAN, optional, requireOptions } from "known-options";
import { type RgbImage, requirePositiveInteger, requireRgbImage } from "../pixels/rgb-image.ts";
import { resampleWindow } from "./resample-window.ts";

/** Options of {@link resizeBilinear}. */
export interface ResizeOptions {
  /** Whether to antialias (`tf.image.resize(…, antialias=True)`), which the Keras example does not. Default false. */
  readonly antialias?: boolean;
}

/** An image of float32. */
export interface FloatImage extends RgbImage {
  readonly data: Float32Array;
}

/**
 * Resizes an image as `tf.image.resize(…, method="bilinear")` of TensorFlow 2 does: half-pixel centers, the aspect
 * ratio is not kept, values stay float.
 *
 * @param image - `[image.height, image.width, 3]`, 0…255. Not changed.
 * @param height - Height of the result in pixels.
 * @param width - Width of the result in pixels.
 * @returns `[height, width, 3]`, float32, 0…255; a new array owned by the caller.
 * @throws RangeError if a size is not a positive integer or the data's length is not that of its size.
 * @see https://www.tensorflow.org/api_docs/python/tf/image/resize
 *
 * @example
 * const image = { data: Uint8Array.of(0, 0, 0, 100, 100, 100), height: 1, width: 2 };
 * console.log(resizeBilinear(image, 1, 4).data.filter((_, i) => i % 3 === 0)); // [0, 25, 75, 100]
 */
export function resizeBilinear(
  image: RgbImage,
  height: number,
  width: number,
  options: ResizeOptions = {},
): FloatImage {
  requireOptions("resizeBilinear", options, { antialias: optional(BOOLEAN) });
  requireRgbImage("resizeBilinear", image);
  requirePositiveInteger("resizeBilinear", "height", height);
  requirePositiveInteger("resizeBilinear", "width", width);
  const { antialias = false } = options;
  const data = new Float32Array(height * width * 3);
  const window = { height, width, top: 0, left: 0, rows: height, columns: width, mirror: false, antialias };
  resampleWindow(image, window, data, 0);
  return { data, height, width };
}
