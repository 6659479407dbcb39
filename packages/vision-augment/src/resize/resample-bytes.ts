import type { Box, ByteImage, Interpolation } from "../pixels/byte-image.ts";

/** Bits behind the point of PIL's weights. */
const PRECISION = 22;

/** Output of {@link resampleBytes}: `from` is stretched to `height × width`, of which the part at `top`, `left` is kept. */
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
 * Stretches a part of a picture as PIL 13's `crop(…).resize(…)` does: antialiased, in two passes of 22-bit fixed point, rounded
 * to bytes after each, columns first unless height shrinks by more than twice what width does. Equal to PIL to the bit.
 */
export function resampleBytes(image: ByteImage, stretch: Stretch): ByteImage {
  const { from, part, height, width, interpolation } = stretch;
  const x = weightsOf(from.width, width, part.left, part.width, interpolation);
  const y = weightsOf(from.height, height, part.top, part.height, interpolation);
  const shrinks = from.height - height;
  if (shrinks > 0 && shrinks > 2 * (from.width - width)) {
    const columns = reachOf(x);
    const left = from.left + columns.first;
    const flat = blendRows(image, y, { top: from.top, left, height: 0, width: columns.count });
    return blendColumns(flat, x, { top: 0, left: -columns.first, height: part.height, width: 0 });
  }
  const rows = reachOf(y);
  const top = from.top + rows.first;
  const narrow = blendColumns(image, x, { top, left: from.left, height: rows.count, width: 0 });
  return blendRows(narrow, y, { top: -rows.first, left: 0, height: 0, width: part.width });
}

const HALF = 1 << (PRECISION - 1);

function toByte(sum: number): number {
  return Math.max(0, Math.min(255, sum >> PRECISION));
}

/** Makes each column of the result from columns of the image, in the rows `at.top` to `at.top + at.height`. */
function blendColumns(image: ByteImage, x: Weights, at: Box): ByteImage {
  const { data } = image;
  const { start, count, weights, width } = x;
  const columns = start.length;
  const result = new Uint8Array(at.height * columns * 3);
  for (let row = 0, out = 0; row < at.height; row++) {
    const origin = ((at.top + row) * image.width + at.left) * 3;
    for (let column = 0; column < columns; column++, out += 3) {
      let red = HALF;
      let green = HALF;
      let blue = HALF;
      let pixel = origin + start[column]! * 3;
      const end = column * width + count[column]!;
      for (let tap = column * width; tap < end; tap++, pixel += 3) {
        const weight = weights[tap]!;
        red += data[pixel]! * weight;
        green += data[pixel + 1]! * weight;
        blue += data[pixel + 2]! * weight;
      }
      result[out] = toByte(red);
      result[out + 1] = toByte(green);
      result[out + 2] = toByte(blue);
    }
  }
  return { data: result, width: columns, height: at.height };
}

/** Makes each row of the result from rows of the image, in the columns `at.left` to `at.left + at.width`. */
function blendRows(image: ByteImage, y: Weights, at: Box): ByteImage {
  const { data } = image;
  const { start, count, weights, width } = y;
  const rows = start.length;
  const line = at.width * 3;
  const result = new Uint8Array(rows * line);
  const sums = new Int32Array(line);
  for (let row = 0; row < rows; row++) {
    sums.fill(HALF);
    for (let tap = 0; tap < count[row]!; tap++) {
      const weight = weights[row * width + tap]!;
      const origin = ((at.top + start[row]! + tap) * image.width + at.left) * 3;
      for (let i = 0; i < line; i++) sums[i]! += data[origin + i]! * weight;
    }
    for (let i = 0; i < line; i++) result[row * line + i] = toByte(sums[i]!);
  }
  return { data: result, width: at.width, height: rows };
}

/** The positions that any output looks at. */
function reachOf({ start, count }: Weights): { first: number; count: number } {
  const first = start[0]!;
  return { first, count: start.at(-1)! + count.at(-1)! - first };
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
    const center = (first + i + 0.5) * scale;
    const from = Math.max(Math.trunc(center - support + 0.5), 0);
    const to = Math.min(Math.trunc(center + support + 0.5), inSize);
    start[i] = from;
    counts[i] = to - from;
    const raw = Array.from({ length: to - from }, (_, tap) =>
      filter((tap + from - center + 0.5) * (1 / spread)),
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
