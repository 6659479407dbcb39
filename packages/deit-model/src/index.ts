export type { Adaptation } from "./adaptations.ts";
export { type AttentionMaps, attentionMaps } from "./attention-maps.ts";
export {
  type AttentionRolloutOptions,
  attentionRollout,
  type ModelAndImages,
} from "./attention-rollout.ts";
export { averageHeads } from "./average-heads.ts";
export { config, type VitConfig, type VitSize } from "./config.ts";
export { createModel, type PublishedModel } from "./create-model.ts";
export { deit } from "./deit.ts";
export { type LoadWeightsOptions, loadWeights } from "./load-weights.ts";
export type { ClassToken, TokenLayout } from "./observe-attention.ts";
export type { Grid } from "./position-change.ts";
export {
  deitBase,
  deitBase384,
  deitBaseDistilled,
  deitBaseDistilled384,
  deitSmall,
  deitSmallDistilled,
  deitTiny,
  deitTinyDistilled,
  type Preset,
} from "./presets.ts";
export { type PositionFilter, type ResizePositionsOptions, resizePositions } from "./resize-positions.ts";
export { type SaveWeightsOptions, weightsBytes, weightsMetadata, weightTensors } from "./save-weights.ts";
export { timmName } from "./timm-name.ts";
export { vit } from "./vit.ts";
export type { WeightNames } from "./weight-names.ts";
