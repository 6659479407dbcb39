import { type Check, COUNT, check, either } from "known-options";

/** Size of pictures in pixels: one number for a square, or `[height, width]`. */
export type PictureSize = number | readonly [height: number, width: number];

/** Check of a {@link PictureSize}. */
export const PICTURE_SIZE: Check = either(
  COUNT,
  check(
    "[height, width]",
    (value) => Array.isArray(value) && value.length === 2 && value.every((side) => COUNT.fits(side)),
  ),
);

/**
 * Returns the height and the width of a size in pixels.
 *
 * @example
 * console.log(sidesOf(48), sidesOf([48, 64])); // [ 48, 48 ] [ 48, 64 ]
 */
export function sidesOf(size: PictureSize): readonly [height: number, width: number] {
  return typeof size === "number" ? [size, size] : size;
}
