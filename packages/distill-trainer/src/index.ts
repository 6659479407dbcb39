export { ADAMW_SEMANTICS, AdamW, type AdamWOptions, type AdamWSemantics } from "./adamw.ts";
export {
  type AdamWParameter,
  type AdamWState,
  type AdamWStep,
  type AdamWStepOptions,
  adamWStep,
  adamWUpdate,
} from "./adamw-update.ts";
export type { BatchLogs } from "./batch-logs.ts";
export { Classifier, type ClassifierCompileArgs } from "./classifier.ts";
export { type Batch, batchesPerEpoch, type DataSource } from "./data-source.ts";
export { type Distillation, distillationLoss } from "./distillation-loss.ts";
export { Distiller, type DistillerArgs, type DistillerCompileArgs } from "./distiller.ts";
export type { FitCallback, FitOptions } from "./fit.ts";
export { smoothedOneHot } from "./label-smoothing.ts";
export { type Mix, type MixOptions, mixBatch, mixOf } from "./mix-batch.ts";
export { type MixedSourceOptions, mixedSource } from "./mixed-source.ts";
export {
  IMAGENET_NORMALISATION,
  type Normalisation,
  normalise,
  type Preprocess,
  toUnitRange,
} from "./preprocess.ts";
export { type CosineOptions, constant, cosine, type Schedule } from "./schedule.ts";
export { softmaxCrossEntropy } from "./softmax-cross-entropy.ts";
export { layersTeacher, type Teacher } from "./teacher.ts";
export { type BatchedDataset, type FromTfDataOptions, fromTfData } from "./tf-data.ts";
