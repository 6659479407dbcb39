// Inputs.

// Errors, and the sums in float64 that results are compared with.
export {
  errorOverLargest,
  errorOverLargestOrOne,
  largestDifference,
  largestMixedError,
  largestRelativeError,
} from "./errors.ts";
// Fixtures, and the comparisons with the original software that docs/parity.json lists.
export { bytes, fixturesOf, floats, type Packed, sharedData, tensorsOf } from "./fixtures.ts";
export { dot, each, total } from "./float64.ts";
export { centralDifferences, finiteDifferences, largestDifferenceOfForms } from "./gradients.ts";
// Kernels, one at a time.
export {
  differenceFromCpu,
  NOT_FINITE,
  outputsOf,
  outputsOfSync,
  type Plain,
  plain,
  spoil,
  valuesOf,
  valuesOn,
  withoutKernels,
} from "./kernels.ts";
// Models.
export { stir } from "./models.ts";
export { noise, normalNoise, positiveNoise } from "./noise.ts";
export { type ParityRow, parity } from "./parity.ts";
