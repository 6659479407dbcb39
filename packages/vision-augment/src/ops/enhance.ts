import type { ByteImage } from "../pixels/byte-image.ts";

// PIL's ImageEnhance: a blend of the picture and a degenerate one. Float32 as PIL's, equal to it to the bit.

/** Towards gray (0), or away from it (above 1). */
export function color(image: ByteImage, factor: number): ByteImage {
  const { data } = image;
  const gray = new Uint8Array(data.length);
  for (let i = 0; i < data.length; i += 3) gray.fill(luma(data, i), i, i + 3);
  return blend(gray, image, factor);
}

/** Towards the mean gray (0), or away from it (above 1). */
export function contrast(image: ByteImage, factor: number): ByteImage {
  const { data } = image;
  let sum = 0;
  for (let i = 0; i < data.length; i += 3) sum += luma(data, i);
  const mean = Math.floor(sum / (data.length / 3) + 0.5);
  return blend(new Uint8Array(data.length).fill(mean), image, factor);
}

/** Towards black (0), or away from it (above 1). */
export function brightness(image: ByteImage, factor: number): ByteImage {
  return blend(new Uint8Array(image.data.length), image, factor);
}

/** Towards a blurred picture (0), or away from it (above 1). */
export function sharpness(image: ByteImage, factor: number): ByteImage {
  return blend(smooth(image), image, factor);
}

/** ITU-R 601 luma of the pixel at `i`, PIL's 16-bit fixed point. */
function luma(data: ByteImage["data"], i: number): number {
  return (data[i]! * 19595 + data[i + 1]! * 38470 + data[i + 2]! * 7471 + 0x8000) >> 16;
}

/** `degenerate + factor · (image − degenerate)` in float32, cut to bytes. */
function blend(degenerate: Uint8Array, { data, width, height }: ByteImage, factor: number): ByteImage {
  const result = new Uint8Array(data.length);
  const alpha = Math.fround(factor);
  for (let i = 0; i < data.length; i++) {
    const base = degenerate[i]!;
    const value = Math.fround(base + Math.fround(alpha * (data[i]! - base)));
    result[i] = Math.max(0, Math.min(255, value));
  }
  return { data: result, width, height };
}

/** PIL's SMOOTH: a 3×3 mean in which the middle counts five times; the border stays. */
function smooth({ data, width, height }: ByteImage): Uint8Array {
  const result = Uint8Array.from(data);
  const line = width * 3;
  for (let y = 1; y < height - 1; y++) {
    for (let i = y * line + 3; i < (y + 1) * line - 3; i++) {
      const above = data[i - line - 3]! + data[i - line]! + data[i - line + 3]!;
      const below = data[i + line - 3]! + data[i + line]! + data[i + line + 3]!;
      const sum = above + data[i - 3]! + 5 * data[i]! + data[i + 3]! + below;
      result[i] = Math.floor((2 * sum + 13) / 26); // rounded thirteenths, never near a half
    }
  }
  return result;
}
