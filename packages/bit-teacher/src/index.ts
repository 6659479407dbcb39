export { type GroupNormOptions, groupNorm } from "./ops/group-norm.ts";
export { weightStandardize } from "./ops/weight-standardize.ts";
