export { linearDropRates } from "stochastic-depth";
export { type Distribution, glorotUniform, type Init, KeyedInitializer } from "./initializer.ts";
export type { SeededArgs } from "./layers/base.ts";
export { ClassTokens, type ClassTokensArgs } from "./layers/class-tokens.ts";
export { KeyedDropout, type KeyedDropoutArgs } from "./layers/keyed-dropout.ts";
export { LayerNorm, type LayerNormArgs } from "./layers/layer-norm.ts";
export { Linear, type LinearArgs } from "./layers/linear.ts";
export { Mlp, type MlpArgs } from "./layers/mlp.ts";
export {
  type AttentionObserver,
  MultiHeadSelfAttention,
  type MultiHeadSelfAttentionArgs,
} from "./layers/multi-head-self-attention.ts";
export { PatchEmbedding, type PatchEmbeddingArgs } from "./layers/patch-embedding.ts";
export { PositionEmbedding } from "./layers/position-embedding.ts";
export { Residual } from "./layers/residual.ts";
export { FirstTokens, type FirstTokensArgs, TokenAt, type TokenAtArgs } from "./layers/token-slice.ts";
export { type AttentionOptions, attention } from "./ops/attention.ts";
export type { HeadOptions } from "./ops/attention-heads.ts";
export { attentionProbabilities } from "./ops/attention-probabilities.ts";
export { type DropoutOptions, dropout } from "./ops/dropout.ts";
export { gelu } from "./ops/gelu.ts";
export { layerNorm } from "./ops/layer-norm.ts";
export { linear } from "./ops/linear.ts";
export { patchExtract } from "./ops/patch-extract.ts";
export { residualAdd } from "./ops/residual-add.ts";
export {
  type BlockLayerArgs,
  type BlockLayerSizes,
  type TransformerBlockOptions,
  transformerBlock,
} from "./transformer-block.ts";
