import type { ByteImage } from "../pixels/byte-image.ts";

/** Box blurs in each direction that stand for a Gaussian. */
const PASSES = 3;

/**
 * PIL's GaussianBlur: three box blurs of a fractional radius along the rows, then three along the columns, rounded to bytes after
 * each, in 24-bit fixed point; the border is continued. Equal to PIL to the bit.
 *
 * @param radius - Standard deviation, pixels.
 * @see Gwosdek et al. 2011, https://www.mia.uni-saarland.de/Publications/gwosdek-ssvm11.pdf
 */
export function gaussianBlur({ data, width, height }: ByteImage, radius: number): ByteImage {
  const result = Uint8Array.from(data);
  const box = boxOf(radius);
  if (box !== undefined) {
    for (let row = 0; row < height; row++)
      for (let c = 0; c < 3; c++) blurLine(result, row * width * 3 + c, 3, width, box);
    for (let column = 0; column < width; column++)
      for (let c = 0; c < 3; c++) blurLine(result, column * 3 + c, width * 3, height, box);
  }
  return { data: result, width, height };
}

/** A box blur: whole pixels on each side, and the 24-bit weights of these and of the pixel beyond. */
interface BoxBlur {
  readonly reach: number;
  readonly inner: number;
  readonly outer: number;
}

/** The box of which three have the variance of a Gaussian, in PIL's float32; `undefined` for none. */
function boxOf(radius: number): BoxBlur | undefined {
  const f = Math.fround;
  const variance = f(f(f(radius) * f(radius)) / PASSES);
  const length = f(Math.sqrt(12 * variance + 1));
  const whole = f(Math.floor((length - 1) / 2));
  const above = f(f(f(2 * whole + 1) * f(f(whole * (whole + 1)) - f(3 * variance))));
  const part = f(above / f(6 * f(variance - (whole + 1) * (whole + 1))));
  const size = f(whole + part);
  if (size === 0) return undefined;
  const reach = Math.trunc(size);
  const inner = Math.trunc(f(2 ** 24 / f(size * 2 + 1)));
  return { reach, inner, outer: Math.floor((2 ** 24 - (reach * 2 + 1) * inner) / 2) };
}

/** Blurs the bytes at `first`, `first + stride`, … in place, {@link PASSES} times. */
function blurLine(data: Uint8Array, first: number, stride: number, count: number, box: BoxBlur): void {
  const { reach, inner, outer } = box;
  const line = new Uint8Array(count);
  const last = count - 1;
  const at = (i: number): number => line[Math.max(0, Math.min(last, i))]!;
  for (let pass = 0; pass < PASSES; pass++) {
    for (let i = 0; i < count; i++) line[i] = data[first + i * stride]!;
    let sum = 0;
    for (let i = -reach; i <= reach; i++) sum += at(i);
    for (let i = 0; i < count; i++) {
      const value = sum * inner + (at(i - reach - 1) + at(i + reach + 1)) * outer;
      data[first + i * stride] = Math.floor((value + 2 ** 23) / 2 ** 24);
      sum += at(i + reach + 1) - at(i - reach);
    }
  }
}
