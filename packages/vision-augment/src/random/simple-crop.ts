import { integerFrom, optional, requireOptions } from "known-options";
import { siteOf, uniform } from "sample-keys";
import { type ByteImage, INTERPOLATION, type Interpolation } from "../pixels/byte-image.ts";
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
 * `size` at a random place. It shows more of a picture than a random resized crop.
 *
 * @param key - The sample's key of this epoch.
 * @throws RangeError if an option is out of range.
 * @see Touvron et al. 2022, section 3, https://arxiv.org/abs/2204.07118; torchvision's Resize and RandomCrop
 */
export function simpleCrop(
  image: ByteImage,
  size: number,
  options: SimpleCropOptions,
  key: number,
): ByteImage {
  const checks = { padding: optional(integerFrom(0)), interpolation: optional(INTERPOLATION) };
  const { padding = 4 } = requireOptions("simpleCrop", options, checks);
  const { width, height } = resizedSize(image, size);
  const place = (length: number, site: number): number =>
    Math.floor(uniform(key, site) * (length + 2 * padding - size + 1));
  return simpleCropAt(image, size, options, { top: place(height, TOP), left: place(width, LEFT) });
}

/** {@link simpleCrop} at a place of the mirrored image. */
export function simpleCropAt(
  image: ByteImage,
  size: number,
  { padding = 4, interpolation = "bicubic" }: SimpleCropOptions,
  at: { readonly top: number; readonly left: number },
): ByteImage {
  const { width, height } = resizedSize(image, size);
  const from = { top: 0, left: 0, height: image.height, width: image.width };
  const part = { top: 0, left: 0, height, width };
  const { data } = resampleBytes(image, { from, height, width, part, interpolation });
  const result = new Uint8Array(size * size * 3);
  for (let row = 0; row < size; row++) {
    const line = mirroredIndex(at.top + row - padding, height) * width;
    for (let column = 0; column < size; column++) {
      const pixel = (line + mirroredIndex(at.left + column - padding, width)) * 3;
      for (let c = 0; c < 3; c++) result[(row * size + column) * 3 + c] = data[pixel + c]!;
    }
  }
  return { data: result, width: size, height: size };
}

/** Size with the shorter side `size`, as torchvision's Resize. */
function resizedSize({ width, height }: ByteImage, size: number): { width: number; height: number } {
  const long = Math.trunc((size * Math.max(width, height)) / Math.min(width, height));
  return width <= height ? { width: size, height: long } : { width: long, height: size };
}

/** The index within `length` that an index outside is mirrored to; the first and last are not repeated. */
function mirroredIndex(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const i = ((index % period) + period) % period;
  return i < length ? i : period - i;
}
