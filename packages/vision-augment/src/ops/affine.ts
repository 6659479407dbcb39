import type { ByteImage, Interpolation, Rgb } from "../pixels/byte-image.ts";

/** How `rotate` and the others fill what they uncover and what lies between pixels. */
export interface AffineOptions {
  readonly interpolation: Interpolation;
  /** Color of what lies outside the picture. */
  readonly fill: Rgb;
}

// PIL's transforms: for each pixel of the result, where it comes from. Float64 as PIL's, equal to it to the bit.

/** Turns the picture about its middle, counter-clockwise. */
export function rotate(image: ByteImage, degrees: number, options: AffineOptions): ByteImage {
  const turn = ((degrees % 360) + 360) % 360;
  if (turn === 0) return copy(image);
  const angle = (-turn * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)].map((x) => Number(x.toFixed(15))) as [number, number];
  const [x, y] = [image.width / 2, image.height / 2];
  const [right, down] = [cos * -x + sin * -y + x, -sin * -x + cos * -y + y];
  return transform(image, [cos, sin, right, -sin, cos, down], options);
}

/** Shifts each row by `factor` times its distance from the top. */
export function shearX(image: ByteImage, factor: number, options: AffineOptions): ByteImage {
  return transform(image, [1, factor, 0, 0, 1, 0], options);
}

/** Shifts each column by `factor` times its distance from the left. */
export function shearY(image: ByteImage, factor: number, options: AffineOptions): ByteImage {
  return transform(image, [1, 0, 0, factor, 1, 0], options);
}

/** Shifts the picture to the left by `fraction` of its width. */
export function translateX(image: ByteImage, fraction: number, options: AffineOptions): ByteImage {
  return transform(image, [1, 0, fraction * image.width, 0, 1, 0], options);
}

/** Shifts the picture upwards by `fraction` of its height. */
export function translateY(image: ByteImage, fraction: number, options: AffineOptions): ByteImage {
  return transform(image, [1, 0, 0, 0, 1, fraction * image.height], options);
}

/** `x = a·x' + b·y' + c, y = d·x' + e·y' + f` from the result's pixel center to the picture. */
type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number];

function copy({ data, width, height }: ByteImage): ByteImage {
  return { data: Uint8Array.from(data), width, height };
}

function transform(image: ByteImage, matrix: Matrix, options: AffineOptions): ByteImage {
  const { width, height } = image;
  const [a, b, c, d, e, f] = matrix;
  const result = new Uint8Array(width * height * 3);
  const sample = options.interpolation === "bicubic" ? sampleBicubic : sampleBilinear;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const x = a * (column + 0.5) + b * (row + 0.5) + c;
      const y = d * (column + 0.5) + e * (row + 0.5) + f;
      const at = (row * width + column) * 3;
      if (x < 0 || x >= width || y < 0 || y >= height) result.set(options.fill, at);
      else sample(image, x - 0.5, y - 0.5, result, at);
    }
  }
  return { data: result, width, height };
}

function sampleBilinear(image: ByteImage, x: number, y: number, result: Uint8Array, at: number): void {
  const { data, width, height } = image;
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [dx, dy] = [x - left, y - top];
  const x0 = 3 * Math.max(left, 0);
  const x1 = 3 * Math.min(left + 1, width - 1);
  const y0 = 3 * width * Math.max(top, 0);
  const y1 = top + 1 < height ? 3 * width * (top + 1) : y0;
  for (let c = 0; c < 3; c++) {
    const upper = data[y0 + x0 + c]! + (data[y0 + x1 + c]! - data[y0 + x0 + c]!) * dx;
    const lower = data[y1 + x0 + c]! + (data[y1 + x1 + c]! - data[y1 + x0 + c]!) * dx;
    result[at + c] = upper + (lower - upper) * dy;
  }
}

function sampleBicubic(image: ByteImage, x: number, y: number, result: Uint8Array, at: number): void {
  const { data, width, height } = image;
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [dx, dy] = [x - left, y - top];
  const x0 = 3 * Math.max(left - 1, 0);
  const x1 = 3 * Math.max(left, 0);
  const x2 = 3 * Math.min(left + 1, width - 1);
  const x3 = 3 * Math.min(left + 2, width - 1);
  const line = 3 * width;
  const bottom = height - 1;
  const y0 = line * Math.max(top - 1, 0);
  const y1 = line * Math.max(top, 0);
  const y2 = line * Math.min(top + 1, bottom);
  const y3 = line * Math.min(top + 2, bottom);
  for (let c = 0; c < 3; c++) {
    const value = cubic(
      cubic(data[y0 + x0 + c]!, data[y0 + x1 + c]!, data[y0 + x2 + c]!, data[y0 + x3 + c]!, dx),
      cubic(data[y1 + x0 + c]!, data[y1 + x1 + c]!, data[y1 + x2 + c]!, data[y1 + x3 + c]!, dx),
      cubic(data[y2 + x0 + c]!, data[y2 + x1 + c]!, data[y2 + x2 + c]!, data[y2 + x3 + c]!, dx),
      cubic(data[y3 + x0 + c]!, data[y3 + x1 + c]!, data[y3 + x2 + c]!, data[y3 + x3 + c]!, dx),
      dy,
    );
    result[at + c] = Math.max(0, Math.min(255, value));
  }
}

/** The cubic through four values with a = −1, in PIL's order of operations. */
function cubic(v1: number, v2: number, v3: number, v4: number, d: number): number {
  const p3 = 2 * (v1 - v2) + v3 - v4;
  const p4 = -v1 + v2 - v3 + v4;
  return v2 + d * (-v1 + v3 + d * (p3 + d * p4));
}
