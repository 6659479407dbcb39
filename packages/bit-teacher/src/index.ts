export { bit, FEATURES, featuresOf } from "./bit.ts";
export { type BitConfig, type BitName, type BitSize, bitSizes } from "./config.ts";
export { GroupNorm, type GroupNormArgs } from "./layers/group-norm.ts";
export { StdConv2D, type StdConv2DArgs } from "./layers/std-conv-2d.ts";
export { type LoadWeightsOptions, loadWeights } from "./load-weights.ts";
export { type GroupNormOptions, groupNorm } from "./ops/group-norm.ts";
export { weightStandardize } from "./ops/weight-standardize.ts";
export type { WeightNames } from "./weight-names.ts";
export { countParameters, weightShapes } from "./weight-shapes.ts";
