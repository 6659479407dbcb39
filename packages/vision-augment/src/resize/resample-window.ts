import type { RgbImage } from "../pixels/rgb-image.ts";

/** A rectangle of a resized image: the image is stretched to `height × width`, of which only this part is computed. */
export interface Window {
  /** Size of the whole resized image, pixels. */
  readonly height: number;
  readonly width: number;
  /** First row and column of the part. */
  readonly top: number;
  readonly left: number;
  /** Size of the part, pixels. */
  readonly rows: number;
  readonly columns: number;
  /** Mirrors the part left to right. */
  readonly mirror: boolean;
  /** Widens the triangle kernel by the scale when shrinking. */
  readonly antialias: boolean;
}

/** Two taps an output position: `value = v[lower] + (v[upper] − v[lower]) · lerp`. */
interface Taps {
  readonly lower: Int32Array;
  readonly upper: Int32Array;
  readonly lerp: Float32Array;
}

/** A run of weighted taps an output position; `weights` holds `width` numbers a position. */
interface Spans {
  readonly start: Int32Array;
  readonly count: Int32Array;
  readonly weights: Float32Array;
  readonly width: number;
}

/** Writes the window of the resized `image` into `target` from `offset` on: rows × columns × 3 values. */
export function resampleWindow(image: RgbImage, window: Window, target: Float32Array, offset: number): void {
  if (window.antialias) resampleSpans(image, window, target, offset);
  else resampleTaps(image, window, target, offset);
}

function resampleTaps(image: RgbImage, window: Window, target: Float32Array, offset: number): void {
  const { data, width } = image;
  const { rows, columns, mirror } = window;
  const y = tapsOf(image.height, window.height, window.top, rows);
  const x = tapsOf(width, window.width, window.left, columns);
  for (let row = 0; row < rows; row++) {
    const upperRow = y.lower[row]! * width;
    const lowerRow = y.upper[row]! * width;
    const dy = y.lerp[row]!;
    for (let column = 0; column < columns; column++) {
      const left = x.lower[column]!;
      const right = x.upper[column]!;
      const dx = x.lerp[column]!;
      const out = offset + (row * columns + (mirror ? columns - 1 - column : column)) * 3;
      for (let c = 0; c < 3; c++) {
        const topLeft = data[(upperRow + left) * 3 + c]!;
        const bottomLeft = data[(lowerRow + left) * 3 + c]!;
        const top = topLeft + (data[(upperRow + right) * 3 + c]! - topLeft) * dx;
        const bottom = bottomLeft + (data[(lowerRow + right) * 3 + c]! - bottomLeft) * dx;
        target[out + c] = top + (bottom - top) * dy;
      }
    }
  }
}

function resampleSpans(image: RgbImage, window: Window, target: Float32Array, offset: number): void {
  const { data, width } = image;
  const { rows, columns, mirror } = window;
  const y = spansOf(image.height, window.height, window.top, rows);
  const x = spansOf(width, window.width, window.left, columns);
  const line = new Float32Array(width * 3); // one output row before its columns are gathered
  for (let row = 0; row < rows; row++) {
    line.fill(0);
    for (let tap = 0; tap < y.count[row]!; tap++) {
      const weight = y.weights[row * y.width + tap]!;
      const from = (y.start[row]! + tap) * width * 3;
      for (let i = 0; i < line.length; i++) line[i]! += data[from + i]! * weight;
    }
    for (let column = 0; column < columns; column++) {
      const out = offset + (row * columns + (mirror ? columns - 1 - column : column)) * 3;
      for (let c = 0; c < 3; c++) {
        let sum = 0;
        for (let tap = 0; tap < x.count[column]!; tap++)
          sum += line[(x.start[column]! + tap) * 3 + c]! * x.weights[column * x.width + tap]!;
        target[out + c] = sum;
      }
    }
  }
}

/** TensorFlow's `resize_bilinear` with half-pixel centers: `in = (out + ½) · inSize/outSize − ½`, in float32. */
function tapsOf(inSize: number, outSize: number, first: number, count: number): Taps {
  const scale = Math.fround(inSize / outSize);
  const lower = new Int32Array(count);
  const upper = new Int32Array(count);
  const lerp = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const at = Math.fround(Math.fround((first + i + 0.5) * scale) - 0.5);
    const floor = Math.floor(at);
    lower[i] = Math.max(floor, 0);
    upper[i] = Math.min(Math.ceil(at), inSize - 1);
    lerp[i] = at - floor;
  }
  return { lower, upper, lerp };
}

/**
 * TensorFlow's `ScaleAndTranslate` with the triangle kernel: weights of each span sum to 1. In float32 step by step, as
 * there: a position near 244 is only good to 1.5e-5, which between two pixels that differ by 200 is 3e-3.
 */
function spansOf(inSize: number, outSize: number, first: number, count: number): Spans {
  const { fround } = Math;
  const scale = fround(1 / fround(outSize / inSize));
  const radius = Math.max(scale, 1);
  const inverseRadius = fround(1 / radius);
  const width = Math.min(2 * Math.ceil(radius) + 1, inSize);
  const start = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const center = fround((first + i + 0.5) * scale);
    const from = Math.max(Math.ceil(fround(fround(center - radius) - 0.5)), 0);
    const to = Math.min(Math.floor(fround(fround(center + radius) - 0.5)), inSize - 1);
    start[i] = from;
    counts[i] = to - from + 1;
    let total = 0;
    for (let at = from; at <= to; at++) {
      const distance = Math.abs(fround(fround(at + 0.5 - center) * inverseRadius));
      const weight = fround(Math.max(0, 1 - distance));
      weights[i * width + at - from] = weight;
      total = fround(total + weight);
    }
    const share = fround(1 / total);
    for (let tap = 0; tap < counts[i]!; tap++) weights[i * width + tap]! *= share;
  }
  return { start, count: counts, weights, width };
}
