import { errorOverLargest } from "test-kit";

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
  const error = errorOverLargest(actual, expected);
  if (!(error <= tolerance)) {
    throw new Error(`bench: ${what} expected to agree within ${tolerance}, differ by ${error}`);
  }
}
