/** Largest difference of two lists of numbers, relative to the largest number of `expected`. */
function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let error = 0;
  let size = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    if (!(difference <= error)) error = difference; // NaN too
    size = Math.max(size, Math.abs(expected[i]!));
  }
  return error / size;
}

/**
 * Two sides are only timed against each other if they compute the same thing.
 *
 * @throws Error if they differ by more than `tolerance`, relative to the largest number.
 */
export function requireAgreement(
  what: string,
  actual: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: number,
): void {
  const error = relativeError(actual, expected);
  if (!(error <= tolerance)) {
    throw new Error(`bench: ${what} expected to agree within ${tolerance}, differ by ${error}`);
  }
}
