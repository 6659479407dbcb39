export { ADAMW_SEMANTICS, AdamW, type AdamWOptions, type AdamWSemantics } from "./adamw/adamw.ts";
export {
  type AdamWParameter,
  type AdamWState,
  type AdamWStep,
  type AdamWStepOptions,
  adamWStep,
  adamWUpdate,
} from "./adamw/adamw-update.ts";
export { type EmaCallbackOptions, emaCallback } from "./ema-callback.ts";
export {
  chainTransforms,
  clipByGlobalNorm,
  type GradientTransform,
  globalNorm,
  squaredNorms,
} from "./gradient-transform.ts";
export { Lamb, type LambOptions } from "./lamb/lamb.ts";
export { type LambParameter, type LambStepOptions, lambUpdate } from "./lamb/lamb-update.ts";
export { type LayerDecayOptions, layerDecay } from "./layer-decay.ts";
export { Lion, type LionOptions } from "./lion/lion.ts";
export {
  type LionParameter,
  type LionState,
  type LionStepOptions,
  lionUpdate,
} from "./lion/lion-update.ts";
export {
  type EmaWarmupOptions,
  emaWarmup,
  ModelEma,
  type ModelEmaOptions,
} from "./model-ema.ts";
export type { ScheduledOptimizer, ScheduledOptions } from "./optimizer/scheduled-optimizer.ts";
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
