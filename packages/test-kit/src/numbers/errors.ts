// Largest errors, by what each difference is divided by. All refuse operands of different shapes or lengths, and a NaN
// in either is an infinite error, except where the doc comment says otherwise.
import type * as tf from "@tensorflow/tfjs-core";

/** Numbers, or a tensor of them. */
type Numbers = ArrayLike<number> | tf.Tensor;

/** max |a − e| */
export function largestDifference(actual: Numbers, expected: Numbers): number {
  return largest(actual, expected, (a, e) => Math.abs(a - e));
}

/** max |a / e − 1|, for expected numbers none of which is 0. */
export function largestRelativeError(actual: Numbers, expected: Numbers): number {
  return largest(actual, expected, (a, e) => Math.abs(a / e - 1));
}

/** max (|a − e| / max(1, |e|)): absolute below 1 and relative above. NaN must meet NaN, and an infinity its equal. */
export function largestMixedError(actual: Numbers, expected: Numbers): number {
  return largest(actual, expected, (a, e) =>
    Object.is(a, e) || (Number.isNaN(a) && Number.isNaN(e)) ? 0 : Math.abs(a - e) / Math.max(1, Math.abs(e)),
  );
}

/** max |a − e| / max |e|; absolute where all expected numbers are 0. */
export function errorOverLargest(actual: Numbers, expected: Numbers): number {
  return largestDifference(actual, expected) / (largestOf(expected) || 1);
}

/** max |a − e| / max(1, max |e|) */
export function errorOverLargestOrOne(actual: Numbers, expected: Numbers): number {
  return largestDifference(actual, expected) / Math.max(1, largestOf(expected));
}

function largest(actual: Numbers, expected: Numbers, errorOf: (a: number, e: number) => number): number {
  const [got, wanted] = [shapeOf(actual, expected), shapeOf(expected, actual)];
  if (got.join() !== wanted.join())
    throw new RangeError(`largest error: expected shape [${wanted}], got [${got}]`);
  const [a, e] = [listOf(actual), listOf(expected)];
  let worst = 0;
  for (let i = 0; i < e.length; i++) {
    const error = errorOf(a[i]!, e[i]!);
    if (Number.isNaN(error)) return Number.POSITIVE_INFINITY;
    worst = Math.max(worst, error);
  }
  return worst;
}

function largestOf(numbers: Numbers): number {
  return Array.from(listOf(numbers)).reduce((size, value) => Math.max(size, Math.abs(value)), 0);
}

/** Shapes are compared where both have one, else lengths. */
function shapeOf(numbers: Numbers, other: Numbers): number[] {
  return "dataSync" in numbers && "dataSync" in other ? numbers.shape : [listOf(numbers).length];
}

function listOf(numbers: Numbers): ArrayLike<number> {
  return "dataSync" in numbers ? numbers.dataSync() : numbers;
}
