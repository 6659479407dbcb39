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
export { firstNonFinite } from "./first-non-finite.ts";
export { LAYER_OPTIONS } from "./layer-options.ts";
export { type KindChecks, requireKind } from "./require-kind.ts";
export { type Checks, requireOptions } from "./require-options.ts";
export { suggestion } from "./suggestion.ts";
