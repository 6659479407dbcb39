export { ADAMW_SEMANTICS, AdamW, type AdamWOptions, type AdamWSemantics } from "./adamw/adamw.ts";
export {
  type AdamWParameter,
  type AdamWState,
  type AdamWStep,
  type AdamWStepOptions,
  adamWStep,
  adamWUpdate,
} from "./adamw/adamw-update.ts";
export {
  chainTransforms,
  clipByGlobalNorm,
  type GradientTransform,
  globalNorm,
  squaredNorms,
} from "./gradient-transform.ts";
export { type LayerDecayOptions, layerDecay } from "./layer-decay.ts";
export {
  type EmaWarmupOptions,
  emaWarmup,
  ModelEma,
  type ModelEmaOptions,
} from "./model-ema.ts";
export {
  type CosineOptions,
  constant,
  cosine,
  type Schedule,
  type StepDecayOptions,
  scaledLearningRate,
  stepDecay,
  type WarmupOptions,
  warmup,
} from "./schedule.ts";
export { ScheduledMomentum } from "./scheduled-momentum.ts";
export { timmNoDecay } from "./timm-no-decay.ts";
export { requireSameShape, variablesOf } from "./variables.ts";
