// Checks.

export {
  ABORT_SIGNAL,
  ANY,
  atLeast,
  BOOLEAN,
  type Check,
  COUNT,
  check,
  either,
  FINITE,
  FRACTION,
  FUNCTION,
  integerFrom,
  OBJECT,
  oneOf,
  optional,
  POSITIVE,
  RATE,
  STRING,
  UINT32,
} from "./check.ts";
export { LAYER_OPTIONS } from "./layer-options.ts";

// Options and arguments.

export {
  ARRAY_LIKE,
  BYTES,
  having,
  LIST,
  MODEL,
  requireArguments,
  TENSOR,
} from "./require-arguments.ts";
export { type KindChecks, requireKind } from "./require-kind.ts";
export { type Checks, requireOptions } from "./require-options.ts";

// Arrays.

export { firstNonFinite } from "./first-non-finite.ts";
export { requireLabels, requireLabelWeights, requireMultiHot, requireTargets } from "./require-labels.ts";
export { requireType, type TypedArray } from "./require-type.ts";

// Words.

export { suggestion } from "./suggestion.ts";
