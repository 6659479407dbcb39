import { having, requireArguments } from "known-options";

/** A decoded image, RGB in 0…255. */
export interface RgbImage {
  /** Values `[height, width, 3]`, row-major. */
  readonly data: Uint8Array | Uint8ClampedArray | Float32Array;
  /** Width in pixels. */
  readonly width: number;
  /** Height in pixels. */
  readonly height: number;
}

/**
 * Refuses what is no {@link RgbImage}.
 *
 * @param caller - Function named in the message.
 * @throws RangeError if a side is no positive integer or the data has another length than height · width · 3.
 */
export function requireRgbImage(caller: string, image: RgbImage): void {
  requireArguments(
    caller,
    { image },
    { image: having("{ data, width, height }", ({ data }) => ArrayBuffer.isView(data)) },
  );
  const { data, width, height } = image;
  requirePositiveInteger(caller, "image.width", width);
  requirePositiveInteger(caller, "image.height", height);
  if (data.length !== height * width * 3) {
    throw new RangeError(
      `${caller}: image.data must hold ${height}x${width}x3 = ${height * width * 3} values, got ${data.length}`,
    );
  }
}

/** @throws RangeError naming `caller` and `name` unless `value` is an integer ≥ 1. */
export function requirePositiveInteger(caller: string, name: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 1)) {
    throw new RangeError(`${caller}: ${name} must be an integer >= 1, got ${value}`);
  }
}
