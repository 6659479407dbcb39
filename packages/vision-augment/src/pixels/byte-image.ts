import { type Check, check, oneOf } from "known-options";
import { type RgbImage, requireRgbImage } from "./rgb-image.ts";

/** A decoded image of bytes, as PIL's mode RGB. */
export interface ByteImage extends RgbImage {
  readonly data: Uint8Array | Uint8ClampedArray;
}

/** Interpolation between pixels. */
export type Interpolation = "bilinear" | "bicubic";
/** Check of an {@link Interpolation}. */
export const INTERPOLATION: Check = oneOf("bilinear", "bicubic");

/** A color, each channel an integer in 0…255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** Check of an {@link Rgb}. */
export const RGB: Check = check(
  "[red, green, blue], integers in [0, 255]",
  (value) =>
    Array.isArray(value) &&
    value.length === 3 &&
    value.every((channel) => Number.isInteger(channel) && channel >= 0 && channel <= 255),
);

/** A rectangle of a picture, pixels. */
export interface Box {
  readonly top: number;
  readonly left: number;
  readonly height: number;
  readonly width: number;
}

/**
 * Refuses what is no {@link ByteImage}.
 *
 * @throws RangeError if its data does not fit its size. TypeError if they are no bytes.
 */
export function requireByteImage(caller: string, image: RgbImage): asserts image is ByteImage {
  requireRgbImage(caller, image);
  if (image.data.BYTES_PER_ELEMENT !== 1) {
    throw new TypeError(`${caller}: image.data must be bytes, got ${image.data.constructor.name}`);
  }
}

/** Rounds halves to even, as Python does. */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
