import type { Box, ByteImage, Interpolation } from "./byte-image.ts";

/** Bits behind the point of PIL's weights. */
const PRECISION = 22;

/** What {@link resampleBytes} makes: `from` is stretched to `height × width`, of which the part at `top`, `left` is kept. */
export interface Stretch {
  /** Part of the picture; what lies outside is not looked at. */
  readonly from: Box;
  /** Size of the whole result, pixels. */
  readonly height: number;
  readonly width: number;
  /** The part of the result that is made. */
  readonly part: Box;
  readonly interpolation: Interpolation;
}

/**
 * Stretches a part of a picture as PIL's `crop(…).resize(…)` does: antialiased, in two passes of 22-bit fixed point,
 * rounded to bytes after each. Equal to PIL to the bit.
 */
export function resampleBytes(image: ByteImage, stretch: Stretch): ByteImage {
  const { from, part, interpolation } = stretch;
  const x = weightsOf(from.width, stretch.width, part.left, part.width, interpolation);
  const y = weightsOf(from.height, stretch.height, part.top, part.height, interpolation);
  const firstRow = y.start[0]!;
  const lastRow = y.start[part.height - 1]! + y.count[part.height - 1]!;

  const { data, width } = image;
  const line = part.width * 3;
  const narrow = new Uint8Array((lastRow - firstRow) * line); // all rows, their columns gathered
  for (let row = firstRow, out = 0; row < lastRow; row++) {
    const origin = ((from.top + row) * width + from.left) * 3;
    for (let column = 0; column < part.width; column++, out += 3) {
      let [red, green, blue] = [HALF, HALF, HALF];
      let at = origin + x.start[column]! * 3;
      const end = column * x.width + x.count[column]!;
      for (let tap = column * x.width; tap < end; tap++, at += 3) {
        const weight = x.weights[tap]!;
        red += data[at]! * weight;
        green += data[at + 1]! * weight;
        blue += data[at + 2]! * weight;
      }
      narrow[out] = toByte(red);
      narrow[out + 1] = toByte(green);
      narrow[out + 2] = toByte(blue);
    }
  }

  const result = new Uint8Array(part.height * line);
  const sums = new Int32Array(line);
  for (let row = 0; row < part.height; row++) {
    sums.fill(HALF);
    for (let tap = 0; tap < y.count[row]!; tap++) {
      const weight = y.weights[row * y.width + tap]!;
      const origin = (y.start[row]! - firstRow + tap) * line;
      for (let i = 0; i < line; i++) sums[i]! += narrow[origin + i]! * weight;
    }
    for (let i = 0; i < line; i++) result[row * line + i] = toByte(sums[i]!);
  }
  return { data: result, width: part.width, height: part.height };
}

const HALF = 1 << (PRECISION - 1);

function toByte(sum: number): number {
  return Math.max(0, Math.min(255, sum >> PRECISION));
}

/** A run of weighted pixels an output position; `weights` holds `width` numbers a position. */
interface Weights {
  readonly start: Int32Array;
  readonly count: Int32Array;
  readonly weights: Int32Array;
  readonly width: number;
}

function weightsOf(
  inSize: number,
  outSize: number,
  first: number,
  count: number,
  interpolation: Interpolation,
): Weights {
  const [filter, reach] = interpolation === "bicubic" ? [bicubic, 2] : [bilinear, 1];
  const scale = inSize / outSize;
  const spread = Math.max(scale, 1);
  const support = reach * spread;
  const width = Math.ceil(support) * 2 + 1;
  const start = new Int32Array(count);
  const counts = new Int32Array(count);
  const weights = new Int32Array(count * width);
  for (let i = 0; i < count; i++) {
    const centre = (first + i + 0.5) * scale;
    const from = Math.max(Math.trunc(centre - support + 0.5), 0);
    const to = Math.min(Math.trunc(centre + support + 0.5), inSize);
    start[i] = from;
    counts[i] = to - from;
    const raw = Array.from({ length: to - from }, (_, tap) =>
      filter((tap + from - centre + 0.5) * (1 / spread)),
    );
    const total = raw.reduce((sum, weight) => sum + weight, 0);
    raw.forEach((weight, tap) => {
      const share = (weight / total) * (1 << PRECISION);
      weights[i * width + tap] = Math.trunc(share < 0 ? share - 0.5 : share + 0.5);
    });
  }
  return { start, count: counts, weights, width };
}

function bilinear(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

/** Keys' cubic with a = −½. */
function bicubic(x: number): number {
  const t = Math.abs(x);
  if (t < 1) return (1.5 * t - 2.5) * t * t + 1;
  if (t < 2) return (((t - 5) * t + 8) * t - 4) * -0.5;
  return 0;
}
