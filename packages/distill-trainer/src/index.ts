// Tasks.

export { type ClassificationOptions, classification } from "./tasks/classification.ts";
export { logitDistillation } from "./tasks/logit-distillation.ts";
export type { DistillationOptions } from "./tasks/taught-task.ts";
export { tokenDistillation } from "./tasks/token-distillation.ts";

// Keras-style trainers.

export { Classifier, type ClassifierCompileArgs } from "./keras/classifier.ts";
export type { FitDatasetOptions } from "./keras/compiled-task.ts";
export { Distiller, type DistillerArgs, type DistillerCompileArgs } from "./keras/distiller.ts";

// Feature distillation.

export { FeatureHints, type HintedOutputs } from "./hints/feature-hints.ts";
export { type FeatureStatisticsOptions, featureStatistics } from "./hints/feature-statistics.ts";
export type { FeatureHintsOptions, Hint } from "./hints/hint-options.ts";

// Losses, per sample, and what they compare.

export { balancedWeights } from "./losses/balanced-weights.ts";
export { type BinaryCrossEntropyOptions, binaryCrossEntropy } from "./losses/binary-cross-entropy.ts";
export { type Distillation, distillationLoss } from "./losses/distillation-loss.ts";
export { type FeatureLoss, featureLoss } from "./losses/feature-loss.ts";
export { type FocalLossOptions, focalLoss } from "./losses/focal-loss.ts";
export type { LabelLoss } from "./losses/label-loss.ts";
export { smoothedOneHot } from "./losses/label-smoothing.ts";
export { type Grid, resizeMaps } from "./losses/resize-maps.ts";
export { softmaxCrossEntropy } from "./losses/softmax-cross-entropy.ts";
export { type FeatureStatistics, whiten } from "./losses/whiten.ts";

// Metrics.

export { averagePrecision } from "./metrics/average-precision.ts";
export { type MultiLabelMetrics, multiLabelMetrics } from "./metrics/multi-label-metrics.ts";

// Teachers.

export {
  type AverageTeachersOptions,
  averageTeachers,
  type WeightedTeacher,
} from "./teachers/average-teachers.ts";
export { type GraphModel, graphTeacher } from "./teachers/graph-teacher.ts";
export { type LayersTeacherOptions, layersTeacher } from "./teachers/layers-teacher.ts";
export type { ModelTeacherOptions } from "./teachers/model-output.ts";
export type { OnnxRuntime, OnnxSession, OnnxTensor, OnnxValue } from "./teachers/onnx-runtime.ts";
export { type OnnxTeacherOptions, onnxTeacher } from "./teachers/onnx-teacher.ts";
export { type ModelOutputs, toLogits } from "./teachers/outputs.ts";
export { outputsOfLayers } from "./teachers/outputs-of-layers.ts";
export { type SavedModel, savedModelTeacher } from "./teachers/saved-model-teacher.ts";
export { selectClasses } from "./teachers/select-classes.ts";
export type {
  LayeredTeacher,
  Teacher,
  TeacherLayers,
  TeacherOutputs,
  TeacherViews,
} from "./teachers/teacher.ts";

// Stored logits.

export type { LogitStore } from "./stored-logits/logit-store.ts";
export {
  type StoreCrossFitLogitsOptions,
  storeCrossFitLogits,
  storedAnswers,
} from "./stored-logits/store-cross-fit-logits.ts";
export {
  type StoreProgress,
  type StoreTeacherLogitsOptions,
  storeTeacherLogits,
} from "./stored-logits/store-teacher-logits.ts";
export { storedTeacher } from "./stored-logits/stored-teacher.ts";
export { weightsDigest } from "./stored-logits/weights-digest.ts";

// Recipes.

export {
  type CompileRecipeOptions,
  compileRecipe,
  type RecipeStep,
  type RecipeTask,
  recipeSchedule,
  recipeStep,
  recipeTask,
} from "./recipe/compile-recipe.ts";
export {
  DEIT_RECIPE,
  DEIT3_RECIPE,
  FINETUNE_RECIPE,
  KERAS_RECIPE,
  PATIENT_RECIPE,
} from "./recipe/presets.ts";
export type { ClassWeight, Recipe, RecipeHints, RecipeImages, RecipeWarmup } from "./recipe/recipe.ts";
export { type HintOptions, recipeHints } from "./recipe/recipe-hints.ts";
export type { LabelData } from "./recipe/recipe-labels.ts";
export { requireRecipe } from "./recipe/require-recipe.ts";

// Images.

export { type MixedSourceOptions, mixedSource } from "./mixed-source.ts";
export {
  IMAGENET_NORMALIZATION,
  type Normalization,
  normalize,
  type Preprocess,
  toSymmetricRange,
  toUnitRange,
} from "./models/preprocess.ts";

// Transfer: linear probe and fine-tuning.

export {
  type ExtractFeaturesOptions,
  extractFeatures,
  type FeatureExtractor,
  featureSource,
} from "./transfer/features.ts";
export { type FineTuneOptions, fineTune } from "./transfer/fine-tune.ts";
export type { Features } from "./transfer/gather-features.ts";
export { type HyperRule, type HyperRuleOptions, hyperRule } from "./transfer/hyper-rule.ts";
export {
  type LinearProbeOptions,
  linearProbe,
  type Probed,
  type TrainedHead,
  type TrainHeadOptions,
  trainHead,
} from "./transfer/linear-probe.ts";

// After training: calibration, features, views.

export {
  type Calibrated,
  type CalibrateOptions,
  type Calibration,
  calibrate,
} from "./calibration/calibrate.ts";
export {
  type CalibrationErrorOptions,
  calibrationError,
  type ReliabilityBin,
  reliability,
} from "./calibration/calibration-error.ts";
export { fitTemperature } from "./calibration/fit-temperature.ts";
export type { LabeledLogits } from "./calibration/labeled-logits.ts";
export {
  type NegativeLogLikelihoodOptions,
  negativeLogLikelihood,
} from "./calibration/negative-log-likelihood.ts";
export { type AverageViewsOptions, averageViews, type TestViews } from "./predict/average-views.ts";
export { type FeatureModelOptions, featureModel } from "./transfer/feature-model.ts";
export { type KnnProbed, type KnnProbeOptions, knnProbe } from "./transfer/knn-probe.ts";
