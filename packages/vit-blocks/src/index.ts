export { linearDropRates } from "stochastic-depth";
export { type Distribution, glorotUniform, type Init, KeyedInitializer } from "./initializer.ts";
export type { SeededArgs } from "./layers/base.ts";
export { KeyedDropout, type KeyedDropoutArgs } from "./layers/keyed-dropout.ts";
export { LayerNorm, type LayerNormArgs } from "./layers/layer-norm.ts";
export { LayerScale, type LayerScaleArgs } from "./layers/layer-scale.ts";
export { Linear, type LinearArgs } from "./layers/linear.ts";
export { Mlp } from "./layers/mlp/mlp.ts";
export type { MlpArgs } from "./layers/mlp/mlp-layer.ts";
export { SwiGlu } from "./layers/mlp/swiglu.ts";
export { SwiGluPacked } from "./layers/mlp/swiglu-packed.ts";
export {
  type AttentionObserver,
  MultiHeadSelfAttention,
  type MultiHeadSelfAttentionArgs,
} from "./layers/multi-head-self-attention.ts";
export { PatchEmbedding, type PatchEmbeddingArgs } from "./layers/patch-embedding.ts";
export { PositionEmbedding } from "./layers/position-embedding.ts";
export { Residual } from "./layers/residual.ts";
export { ClassTokens, type ClassTokensArgs } from "./layers/tokens/class-tokens.ts";
export { PatchDropout, type PatchDropoutArgs } from "./layers/tokens/patch-dropout.ts";
export { RegisterTokens, type RegisterTokensArgs } from "./layers/tokens/register-tokens.ts";
export { TokenMean, type TokenMeanArgs } from "./layers/tokens/token-mean.ts";
export { FirstTokens, type FirstTokensArgs, TokenAt, type TokenAtArgs } from "./layers/tokens/token-slice.ts";
export { ACTIVATION, type Activation } from "./ops/activations/activation.ts";
export { gelu } from "./ops/activations/gelu.ts";
export { geluTanh } from "./ops/activations/gelu-tanh.ts";
export { swish } from "./ops/activations/swish.ts";
export { type AttentionOptions, attention } from "./ops/attention.ts";
export type { HeadOptions } from "./ops/attention-heads.ts";
export { attentionProbabilities } from "./ops/attention-probabilities.ts";
export { type DropoutOptions, dropout } from "./ops/dropout.ts";
export { layerNorm } from "./ops/layer-norm.ts";
export { linear } from "./ops/linear.ts";
export {
  type KeptPatchesOptions,
  keptPatches,
  type PatchDropoutOptions,
  patchDropout,
} from "./ops/patch-dropout.ts";
export { patchExtract } from "./ops/patch-extract.ts";
export { residualAdd } from "./ops/residual-add.ts";
export {
  type BlockLayerArgs,
  type BlockLayerSizes,
  MLP_NAME,
  type MlpName,
  type TransformerBlockOptions,
  transformerBlock,
} from "./transformer-block.ts";
