import {
  type Check,
  type Checks,
  COUNT,
  check,
  integerFrom,
  oneOf,
  optional,
  requireOptions,
} from "known-options";

/** Interpolation of positions: `"bicubic-antialias"` as in timm, `"bicubic"` as in facebookresearch/deit. */
export type PositionFilter = "bicubic-antialias" | "bicubic";

/** Options of {@link resizePositions}. */
export interface ResizePositionsOptions {
  /** Patches per side of the input. */
  readonly from: readonly [height: number, width: number];
  /** Patches per side of the result. */
  readonly to: readonly [height: number, width: number];
  /** Number of leading class-token rows, which are copied: 1, or 2 for a distilled model. */
  readonly prefix: number;
  /** Interpolation. Default `"bicubic-antialias"`. The cubics differ, so results differ for larger grids too. */
  readonly filter?: PositionFilter;
}

/** Check of patches per side. */
export const GRID: Check = check(
  "[height, width], integers >= 1",
  (value) => Array.isArray(value) && value.length === 2 && value.every((side) => COUNT.fits(side)),
);
/** Check of a {@link PositionFilter}. */
export const FILTER: Check = oneOf("bicubic-antialias", "bicubic");
const CHECKS: Checks<ResizePositionsOptions> = {
  from: GRID,
  to: GRID,
  prefix: integerFrom(0),
  filter: optional(FILTER),
};

/**
 * Resizes position embeddings to another resolution: the grid of patches is interpolated, rows of class tokens are copied.
 *
 * `"bicubic-antialias"` is timm's `resample_abs_pos_embed` (Keys' cubic with a = −0.5, widened where the grid
 * shrinks, weights renormalized at the border); `"bicubic"` is facebookresearch/deit's (a = −0.75, border repeated). Both
 * are PyTorch's `interpolate(mode="bicubic", align_corners=False)`, with and without `antialias`.
 *
 * @param positions - `[prefix + height · width, dim]`, row-major.
 * @returns The positions of the grid `to`, a new array.
 * @throws TypeError for an unknown option. RangeError if a side is not an integer ≥ 1 or the positions are not whole rows.
 * @see https://github.com/huggingface/pytorch-image-models/blob/main/timm/layers/pos_embed.py;
 * https://github.com/facebookresearch/deit/blob/main/main.py; Keys 1981, "Cubic convolution interpolation"
 *
 * @example
 * const positions = new Float32Array((1 + 14 * 14) * 192);
 * const larger = resizePositions(positions, { from: [14, 14], to: [24, 24], prefix: 1 });
 * console.log(larger.length / 192); // 577
 */
export function resizePositions(positions: Float32Array, options: ResizePositionsOptions): Float32Array {
  requireOptions("resizePositions", options, CHECKS);
  const { from, to, prefix, filter = "bicubic-antialias" } = options;
  const rows = prefix + from[0] * from[1];
  const dim = positions.length / rows;
  if (!(Number.isInteger(dim) && dim >= 1)) {
    throw new RangeError(`resizePositions: expected ${rows} rows, got ${positions.length} numbers`);
  }
  const taps = filter === "bicubic" ? repeatedTaps : antialiasedTaps;
  const [fromHeight, fromWidth] = from;
  const [height, width] = to;
  // [fromHeight, fromWidth, dim] → [fromHeight, width, dim] → [height, width, dim]
  const grid = positions.subarray(prefix * dim);
  const wide = resample(grid, taps(fromWidth, width), { outer: fromHeight, side: fromWidth, inner: dim });
  const whole = resample(wide, taps(fromHeight, height), { outer: 1, side: fromHeight, inner: width * dim });
  const result = new Float32Array((prefix + height * width) * dim);
  result.set(positions.subarray(0, prefix * dim));
  result.set(whole, prefix * dim);
  return result;
}

/** Input indices and weights of one output. */
type Taps = readonly (readonly [index: number, weight: number])[];

function resample(
  x: Float32Array,
  places: readonly Taps[],
  { outer, side, inner }: { readonly outer: number; readonly side: number; readonly inner: number },
): Float32Array {
  const y = new Float32Array(outer * places.length * inner);
  for (let o = 0; o < outer; o++) {
    for (const [place, taps] of places.entries()) {
      const to = (o * places.length + place) * inner;
      for (let i = 0; i < inner; i++) {
        let sum = 0;
        for (const [index, weight] of taps) sum += weight * x[(o * side + index) * inner + i]!;
        y[to + i] = sum;
      }
    }
  }
  return y;
}

/** PyTorch without antialias: four taps around the center, the border repeated. */
function repeatedTaps(from: number, to: number): Taps[] {
  return Array.from({ length: to }, (_, place) => {
    const center = (from / to) * (place + 0.5) - 0.5;
    const first = Math.floor(center) - 1;
    return [0, 1, 2, 3].map((tap) => {
      const index = Math.min(Math.max(first + tap, 0), from - 1);
      return [index, cubic(first + tap - center, -0.75)] as const;
    });
  });
}

/** PyTorch with antialias, as Pillow: the cubic widened by the scale where the grid shrinks. */
function antialiasedTaps(from: number, to: number): Taps[] {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const reach = 2 * stretch;
  return Array.from({ length: to }, (_, place) => {
    const center = scale * (place + 0.5);
    const first = Math.max(Math.trunc(center - reach + 0.5), 0);
    const last = Math.min(Math.trunc(center + reach + 0.5), from);
    const weights = Array.from({ length: last - first }, (_, tap) =>
      cubic((first + tap - center + 0.5) / stretch, -0.5),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    return weights.map((weight, tap) => [first + tap, weight / total] as const);
  });
}

/** Keys' cubic convolution kernel. */
function cubic(offset: number, a: number): number {
  const x = Math.abs(offset);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((x - 5) * x + 8) * x * a - 4 * a : 0;
}
