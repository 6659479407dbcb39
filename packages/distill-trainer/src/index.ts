export { type ArraySourceOptions, arraySource, type Samples } from "./array-source.ts";
export { BackendLostError } from "./backend-lost.ts";
export type { BatchLogs } from "./batch-logs.ts";
export {
  type LoadWeightsOptions,
  loadCheckpointWeights,
} from "./checkpoint/load-weights.ts";
export type { CheckpointEvent, CheckpointOptions } from "./checkpoint/options.ts";
export { OtherRunError } from "./checkpoint/other-run-error.ts";
export type { CheckpointStorage } from "./checkpoint/storage.ts";
export { Classifier, type ClassifierCompileArgs } from "./classifier.ts";
export type { Buffered, Communicator } from "./communicator.ts";
export { type Batch, batchesPerEpoch, type DataSource } from "./data-source.ts";
export { type Distillation, distillationLoss } from "./distillation-loss.ts";
export { Distiller, type DistillerArgs, type DistillerCompileArgs } from "./distiller.ts";
export { serveReplica } from "./engine/serve-replica.ts";
export type { ReplicaOptions } from "./engine/start-engine.ts";
export type { EvaluateDatasetOptions } from "./evaluate.ts";
export type { FitCallback, FitOptions } from "./fit-options.ts";
export { smoothedOneHot } from "./label-smoothing.ts";
export { type Mix, type MixOptions, mixBatch, mixOf } from "./mix-batch.ts";
export { type MixedSourceOptions, mixedSource } from "./mixed-source.ts";
export type { MicroBatch, Objective, Outcome, Prepared } from "./objective.ts";
export {
  IMAGENET_NORMALISATION,
  type Normalisation,
  normalise,
  type Preprocess,
  toUnitRange,
} from "./preprocess.ts";
export { type CompileRecipeOptions, compileRecipe, recipeSchedule } from "./recipe/compile-recipe.ts";
export { DEIT_RECIPE, FINETUNE_RECIPE, KERAS_RECIPE } from "./recipe/presets.ts";
export type { Recipe, RecipeImages, RecipeWarmup } from "./recipe/recipe.ts";
export type { ReplicaContext, ReplicaModule, ReplicaSetup } from "./replica-setup.ts";
export type { RunCallback } from "./run-callback.ts";
export { RunMeter, type StepFigures } from "./run-meter.ts";
export { softmaxCrossEntropy } from "./softmax-cross-entropy.ts";
export type { StepOptions } from "./step.ts";
export type { LogitStore } from "./stored-logits/logit-store.ts";
export {
  type StoreProgress,
  type StoreTeacherLogitsOptions,
  storeTeacherLogits,
} from "./stored-logits/store-teacher-logits.ts";
export { storedTeacher } from "./stored-logits/stored-teacher.ts";
export type { Teacher, TeacherViews } from "./teacher.ts";
export { type GraphModel, graphTeacher } from "./teachers/graph-teacher.ts";
export { type LayersTeacherOptions, layersTeacher } from "./teachers/layers-teacher.ts";
export type { ModelTeacherOptions } from "./teachers/model-output.ts";
export type { OnnxRuntime, OnnxSession, OnnxTensor, OnnxValue } from "./teachers/onnx-runtime.ts";
export { type OnnxTeacherOptions, onnxTeacher } from "./teachers/onnx-teacher.ts";
export { type ModelOutputs, toLogits } from "./teachers/outputs.ts";
export { outputsOfLayers } from "./teachers/outputs-of-layers.ts";
export { type SavedModel, savedModelTeacher } from "./teachers/saved-model-teacher.ts";
export { selectClasses } from "./teachers/select-classes.ts";
export { type BatchedDataset, type FromTfDataOptions, fromTfData } from "./tf-data.ts";
export type { Trainer } from "./trainer.ts";
export { weightsDigest } from "./weights-digest.ts";
