// Models.

export { averageHeads } from "./average-heads.ts";
export { config, type VitConfig, type VitSize } from "./config.ts";
export { createModel } from "./create-model.ts";
export { deit } from "./deit.ts";
export {
  deit3Base,
  deit3Base384,
  deit3Medium,
  deit3Small,
  deit3Small384,
  deitBase,
  deitBase384,
  deitBaseDistilled,
  deitBaseDistilled384,
  deitSmall,
  deitSmallDistilled,
  deitTiny,
  deitTinyDistilled,
  type Preset,
  vitSmallReg4,
} from "./presets.ts";
export type { PublishedModel } from "./published.ts";
export { requireConfig, requireDistilledConfig, VIT_CHECKS } from "./require-config.ts";
export { vit } from "./vit.ts";

// Configs of published models.

export { configFromHuggingFace } from "./configs/config-from-hugging-face.ts";
export { configFromTimm } from "./configs/config-from-timm.ts";
export type { FoundConfig } from "./configs/found-config.ts";
export { parameterCount } from "./configs/parameter-count.ts";
export type { Preprocessing, Resample } from "./configs/preprocessing.ts";
export { preprocessingFromHuggingFace } from "./configs/preprocessing-from-hugging-face.ts";
export { preprocessingFromTimm } from "./configs/preprocessing-from-timm.ts";

// The same of a model, with which its weights are saved for them.

export { configOf } from "./export-configs/config-of.ts";
export { type HuggingFaceConfigOptions, huggingFaceConfig } from "./export-configs/hugging-face-config.ts";
export { preprocessorConfig } from "./export-configs/preprocessor-config.ts";
export { requirePreprocessing } from "./export-configs/require-preprocessing.ts";
export { type TimmConfigOptions, timmConfig } from "./export-configs/timm-config.ts";

// Initialization.

export { type MimeticInitOptions, mimeticInit } from "./initialization/mimetic-init.ts";

// Weights.

export type { Adaptation } from "./weights/adaptations.ts";
export { type LoadWeightsOptions, loadWeights } from "./weights/load-weights.ts";
export type { Grid } from "./weights/position-change.ts";
export {
  type PositionFilter,
  type ResizePositionsOptions,
  resizePositions,
} from "./weights/resize-positions.ts";
export {
  type SaveWeightsOptions,
  weightsBytes,
  weightsMetadata,
  weightTensors,
} from "./weights/save-weights.ts";
export { type SelectElementsOptions, selectElements } from "./weights/select-elements.ts";
export { timmName } from "./weights/timm-name.ts";
export type { WeightNames } from "./weights/weight-names.ts";

// Attention maps.

export { type AttentionMaps, attentionMaps } from "./attention/attention-maps.ts";
export {
  type AttentionRolloutOptions,
  attentionRollout,
  type ModelAndImages,
} from "./attention/attention-rollout.ts";
export type { ClassToken, TokenLayout } from "./attention/observe-attention.ts";
