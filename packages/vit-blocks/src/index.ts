export { type AttentionOptions, attention } from "./ops/attention.ts";
export { type DropoutOptions, dropout } from "./ops/dropout.ts";
export { gelu } from "./ops/gelu.ts";
export { layerNorm } from "./ops/layer-norm.ts";
export { linear } from "./ops/linear.ts";
export { patchExtract } from "./ops/patch-extract.ts";
export { residualAdd } from "./ops/residual-add.ts";
