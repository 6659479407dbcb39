import { type Check, type Checks, COUNT, check, requireArguments, requireOptions } from "known-options";

/** Shapes of {@link selectElements}. */
export interface SelectElementsOptions {
  /** Shape of the input. */
  readonly from: readonly number[];
  /** Shape of the result: as many axes, none of them longer. */
  readonly to: readonly number[];
}

const SHAPE: Check = check(
  "a list of integers >= 1",
  (value) => Array.isArray(value) && value.every((side) => COUNT.fits(side)),
);
const FLOATS: Check = check("a Float32Array", (value) => value instanceof Float32Array);
const CHECKS: Checks<SelectElementsOptions> = { from: SHAPE, to: SHAPE };

/**
 * Selects evenly spaced elements along each axis: the weights of a small model from those of a larger one (weight selection).
 *
 * Every `n / m`-th of n where m divides n; otherwise m from the first to the last, their places rounded as PyTorch's `linspace` and
 * `round` do in float32.
 *
 * @param values - Row-major, of shape `from`.
 * @returns A new array of shape `to`.
 * @throws RangeError if the shapes do not fit. TypeError for an unknown option.
 * @see Xu et al. 2024, section 3, https://arxiv.org/abs/2311.18823; https://github.com/OscarXZQ/weight-selection
 *
 * @example
 * console.log(selectElements(Float32Array.of(0, 1, 2, 3, 4, 5), { from: [6], to: [3] })); // Float32Array(3) [ 0, 2, 4 ]
 */
export function selectElements(values: Float32Array, options: SelectElementsOptions): Float32Array {
  const { from, to } = requireOptions("selectElements", options, CHECKS);
  requireArguments("selectElements", { values }, { values: FLOATS });
  if (from.length !== to.length || to.some((side, axis) => side > from[axis]!)) {
    throw new RangeError(`selectElements: to must fit into from [${from}], got [${to}]`);
  }
  const size = from.reduce((product, side) => product * side, 1);
  if (values.length !== size) {
    throw new RangeError(`selectElements: values must be ${size} numbers, got ${values.length}`);
  }
  return to.reduce<Float32Array>((whole, count, axis) => {
    const inner = from.slice(axis + 1).reduce((product, side) => product * side, 1);
    const outer = to.slice(0, axis).reduce((product, side) => product * side, 1);
    return alongAxis(whole, { outer, side: from[axis]!, inner }, selectedIndices(from[axis]!, count));
  }, values.slice());
}

function alongAxis(
  x: Float32Array,
  { outer, side, inner }: { readonly outer: number; readonly side: number; readonly inner: number },
  indices: readonly number[],
): Float32Array {
  if (indices.length === side) return x;
  const y = new Float32Array(outer * indices.length * inner);
  for (let o = 0; o < outer; o++) {
    for (const [to, index] of indices.entries()) {
      const at = (o * side + index) * inner;
      y.set(x.subarray(at, at + inner), (o * indices.length + to) * inner);
    }
  }
  return y;
}

/** Indices of `count` evenly spaced elements of `length`. */
function selectedIndices(length: number, count: number): number[] {
  const step = length / count;
  if (Number.isInteger(step)) return Array.from({ length: count }, (_, i) => i * step);
  return linspace(length - 1, count).map(roundHalfToEven);
}

/** PyTorch's `linspace(0, last, count)` in float32: steps from the first up to the middle, then back from the last. */
function linspace(last: number, count: number): number[] {
  const step = Math.fround(last / (count - 1));
  return Array.from({ length: count }, (_, i) =>
    i < Math.floor(count / 2)
      ? Math.fround(step * i)
      : Math.fround(last - Math.fround(step * (count - 1 - i))),
  );
}

function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
