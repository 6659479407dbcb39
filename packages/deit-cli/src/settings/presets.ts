import { DEIT_RECIPE, FINETUNE_RECIPE, KERAS_RECIPE } from "distill-trainer";
import { recipeSettings } from "./recipe-settings.ts";
import type { Settings } from "./settings.ts";

type PresetSettings = Omit<Settings, "name" | "preset">;

const SHARED = {
  out: "runs",
  backend: "auto",
  seed: 42,
  download: false,
  count: 3000,
  workers: 1,
  skipBadImages: false,
  students: "both",
  teacherPixels: "auto",
  teacherOutputs: "auto",
  mlpRatio: 4,
  dropPathRate: 0.1,
  init: "timm",
  schedule: "cosine",
  minLearningRate: 0,
  adamW: "torch",
  weightDecay: 0.05,
  layerDecay: 1,
  clipNorm: 0,
  emaDecay: 0,
  labelSmoothing: 0.1,
  distillation: "hard",
  temperature: 1,
  alpha: 0.5,
  augment: "keras",
  mixup: 0,
  cutmix: 0,
  repeats: 1,
  evaluationCrop: 1,
  normalization: "unit",
  checkpointEvery: 100,
  verbose: false,
} as const satisfies Partial<PresetSettings>;

/** Small enough that one thread does it. */
const ONE_THREAD = { microBatchSize: 32, replicas: 1 } as const satisfies Partial<PresetSettings>;

/** DeiT-Ti at its own size, and a teacher that is rather given than trained. */
const DEIT_TINY = {
  imageSize: 224,
  patchSize: 16,
  dim: 192,
  depth: 12,
  heads: 3,
  teacherEpochs: 40,
  teacherLearningRate: 1e-3,
} as const satisfies Partial<PresetSettings>;

/** Named starting points; every value can be overridden by its option. */
export const PRESETS: Readonly<Record<string, PresetSettings>> = {
  /** About two minutes on two cores, on flowers that are drawn. */
  demo: {
    ...SHARED,
    dropPathRate: 0.05,
    imageSize: 48,
    patchSize: 8,
    dim: 96,
    depth: 3,
    heads: 3,
    teacherEpochs: 8,
    teacherLearningRate: 3e-3,
    epochs: 12,
    batchSize: 32,
    ...ONE_THREAD,
    learningRate: 1e-3,
    warmupEpochs: 1,
  },
  /** Real photos at 96×96. */
  photos: {
    ...SHARED,
    imageSize: 96,
    patchSize: 12,
    dim: 128,
    depth: 6,
    heads: 4,
    teacherEpochs: 40,
    teacherLearningRate: 1e-3,
    epochs: 20,
    batchSize: 32,
    microBatchSize: 16, // half a batch: the teacher of distillation costs more than the student
    learningRate: 1e-3,
    warmupEpochs: 2,
  },
  /** The Keras example: its student, with heads of 192, and its training. */
  keras: {
    ...SHARED,
    ...DEIT_TINY,
    headDim: 192,
    init: "keras",
    augment: "keras",
    ...recipeSettings(KERAS_RECIPE),
  },
  /** DeiT's own recipe, from nothing. */
  deit: { ...SHARED, ...DEIT_TINY, augment: "deit", ...recipeSettings(DEIT_RECIPE) },
  /** From published weights, on few photos. 0.48 epochs of tf_flowers are the recipe's 50 steps. */
  finetune: {
    ...SHARED,
    ...DEIT_TINY,
    augment: "crop",
    ...recipeSettings(FINETUNE_RECIPE),
    warmupEpochs: 0.48,
  },
  /** Seconds; for tests. Learns little. */
  tiny: {
    ...SHARED,
    count: 100,
    imageSize: 24,
    patchSize: 8,
    dim: 16,
    depth: 2,
    heads: 2,
    teacherEpochs: 2,
    teacherLearningRate: 2e-3,
    epochs: 2,
    batchSize: 16,
    microBatchSize: 8,
    replicas: 1,
    learningRate: 1e-3,
    warmupEpochs: 0,
  },
};
