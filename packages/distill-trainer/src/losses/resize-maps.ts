import * as tf from "@tensorflow/tfjs-core";
import { type Check, COUNT, check, requireArguments, TENSOR } from "known-options";

/** Rows and columns of places. */
export type Grid = readonly [rows: number, columns: number];

/** A {@link Grid}. */
export const GRID: Check = check(
  "[rows, columns], integers >= 1",
  (value) => Array.isArray(value) && value.length === 2 && value.every((one) => COUNT.fits(one)),
);

/**
 * Resizes feature maps bilinearly, with pixels' centers at half (PyTorch's `align_corners=False`), without a low-pass filter.
 *
 * @param maps - `[batch, height, width, channels]`, float32. Not disposed.
 * @param grid - Rows and columns of the result.
 * @returns `[batch, rows, columns, channels]`; owned by the caller.
 * @throws TypeError or RangeError if `maps` does not have that rank or `grid` is not two integers.
 * @see PyTorch's `interpolate`
 *
 * @example
 * const maps = tf.tensor4d([0, 4], [1, 1, 2, 1]);
 * console.log(resizeMaps(maps, [1, 4]).dataSync()); // [0, 1, 3, 4]
 */
export function resizeMaps(maps: tf.Tensor4D, grid: Grid): tf.Tensor4D {
  requireArguments("resizeMaps", { maps, grid }, { maps: TENSOR, grid: GRID });
  if (maps.rank !== 4) {
    throw new RangeError(`resizeMaps: maps must be [batch, height, width, channels], got [${maps.shape}]`);
  }
  const [rows, columns] = grid;
  if (maps.shape[1] === rows && maps.shape[2] === columns) return tf.clone(maps);
  return tf.image.resizeBilinear(maps, [rows, columns], false, true);
}
