import { integerFrom, optional, requireOptions } from "known-options";
import { siteOf, uniform } from "sample-keys";
import { type ByteImage, INTERPOLATION, type Interpolation } from "../pixels/byte-image.ts";
import { type PictureSize, sidesOf } from "../pixels/picture-size.ts";
import { resampleBytes } from "../resize/resample-bytes.ts";

const TOP = siteOf("crop.simple.top");
const LEFT = siteOf("crop.simple.left");

/** Options of a simple random crop. The defaults are DeiT III's. */
export interface SimpleCropOptions {
  /** Pixels by which the resized image is mirrored outwards before cropping. Default 4. */
  readonly padding?: number;
  /** Interpolation. Default `"bicubic"`. */
  readonly interpolation?: Interpolation;
}

/**
 * DeiT III's simple random crop: the shorter side resized to `size`, the border mirrored outwards by `padding`, then a square of
 * `size` at a random place. It shows more of a picture than a random resized crop. For a rectangle the picture is resized to the least
 * size of its aspect ratio that covers it.
 *
 * @param key - The sample's key of this epoch.
 * @throws RangeError if an option is out of range.
 * @see Touvron et al. 2022, section 3, https://arxiv.org/abs/2204.07118; torchvision's Resize and RandomCrop
 */
export function simpleCrop(
  image: ByteImage,
  size: PictureSize,
  options: SimpleCropOptions,
  key: number,
): ByteImage {
  const checks = { padding: optional(integerFrom(0)), interpolation: optional(INTERPOLATION) };
  const { padding = 4 } = requireOptions("simpleCrop", options, checks);
  const { width, height } = resizedSize(image, size);
  const [rows, columns] = sidesOf(size);
  const place = (length: number, side: number, site: number): number =>
    Math.floor(uniform(key, site) * (length + 2 * padding - side + 1));
  const at = { top: place(height, rows, TOP), left: place(width, columns, LEFT) };
  return simpleCropAt(image, size, options, at);
}

/** {@link simpleCrop} at a place of the mirrored image. */
export function simpleCropAt(
  image: ByteImage,
  size: PictureSize,
  { padding = 4, interpolation = "bicubic" }: SimpleCropOptions,
  at: { readonly top: number; readonly left: number },
): ByteImage {
  const { width, height } = resizedSize(image, size);
  const from = { top: 0, left: 0, height: image.height, width: image.width };
  const part = { top: 0, left: 0, height, width };
  const { data } = resampleBytes(image, { from, height, width, part, interpolation });
  const [rows, columns] = sidesOf(size);
  const result = new Uint8Array(rows * columns * 3);
  for (let row = 0; row < rows; row++) {
    const line = mirroredIndex(at.top + row - padding, height) * width;
    for (let column = 0; column < columns; column++) {
      const pixel = (line + mirroredIndex(at.left + column - padding, width)) * 3;
      for (let c = 0; c < 3; c++) result[(row * columns + column) * 3 + c] = data[pixel + c]!;
    }
  }
  return { data: result, width: columns, height: rows };
}

/** Size that covers `size`: of a square the shorter side is its, as torchvision's Resize. */
function resizedSize({ width, height }: ByteImage, size: PictureSize): { width: number; height: number } {
  const [rows, columns] = sidesOf(size);
  const isTall = width * rows <= height * columns; // taller than the rectangle
  if (isTall) return { width: columns, height: Math.max(rows, Math.trunc((columns * height) / width)) };
  return { width: Math.max(columns, Math.trunc((rows * width) / height)), height: rows };
}

/** The index within `length` that an index outside is mirrored to; the first and last are not repeated. */
function mirroredIndex(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const i = ((index % period) + period) % period;
  return i < length ? i : period - i;
}
