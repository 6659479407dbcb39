export { KeptResidual } from "./kept-residual.ts";
export { KeptSamples, type KeptSamplesArgs } from "./kept-samples.ts";
export { type KeyedMaskOptions, keyedMask } from "./keyed-mask.ts";
export type { SampleKeys } from "./keys.ts";
export { linearDropRates } from "./linear-drop-rates.ts";
export { type KeysOptions, rowKeys } from "./row-keys.ts";
export { takeRows } from "./row-ops.ts";
export { type StochasticDepthOptions, stochasticDepth } from "./stochastic-depth.ts";
export { StochasticDepth, type StochasticDepthArgs } from "./stochastic-depth-layer.ts";
