// Inputs: noise, models, fixtures, folders, a hub.

export { bytes, fixturesOf, floats, type Packed, sharedData, tensorsOf } from "./fixtures.ts";
export { emptyFolder, emptyFolderForAll, folderOf } from "./folders.ts";
export { type HubRepository, type HubServer, hubEtag, hubServer } from "./hub-server.ts";
export { stir } from "./models.ts";
export { noise, normalNoise, positiveNoise } from "./numbers/noise.ts";

// Results: streams, event files, one kernel's outputs.

export { collect } from "./collect.ts";
export { type ReadEvent, readEvents, readRecords } from "./event-files.ts";
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

// References: sums and functions in float64, slopes.

export { dot, each, total } from "./numbers/float64.ts";
export { centralDifferences, finiteDifferences, largestDifferenceOfForms } from "./numbers/gradients.ts";
export { erf, normalCdf, normalDensity } from "./numbers/normal.ts";

// Errors between the two, and the rows of docs/parity.json.

export {
  errorOverLargest,
  errorOverLargestOrOne,
  largestDifference,
  largestMixedError,
  largestRelativeError,
} from "./numbers/errors.ts";
export { type ParityRow, parity } from "./parity.ts";

// Sources of batches.

export { rowsAt, sectors } from "./sources.ts";
