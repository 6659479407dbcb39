import {
  DEIT_RECIPE,
  DEIT3_RECIPE,
  FINETUNE_RECIPE,
  KERAS_RECIPE,
  PATIENT_RECIPE,
  type Recipe,
} from "distill-trainer";
import type { DataSettings, ModelSettings, RunSettings } from "./settings.ts";

/** Settings of a run that has no name yet. */
export interface PresetSettings {
  readonly run: Omit<RunSettings, "name" | "preset">;
  readonly data: DataSettings;
  readonly model: ModelSettings;
  readonly recipe: Recipe;
}

export interface Preset extends PresetSettings {
  /** One line for people, without a full stop. */
  readonly what: string;
}

const RUN = {
  out: "runs",
  backend: "auto",
  precision: "float32",
  seed: 42,
  students: "both",
  teacherPixels: "auto",
  teacherOutputs: "auto",
  teacherEpochs: 40,
  teacherLearningRate: 1e-3,
  checkpointEvery: 100,
  verbose: false,
} as const satisfies Partial<RunSettings>;

const DATA: DataSettings = { download: false, count: 3000, workers: 1, skipBadImages: false };

/** No mixing: both alphas are there, so that one of them alone can be given. */
const UNMIXED = { mixupAlpha: 0, cutmixAlpha: 0 } as const;

/** For short trainings of small models; without epochs, batch size and warm-up. */
const SHORT = {
  adamW: "torch",
  learningRate: 1e-3,
  schedule: "cosine",
  weightDecay: 0.05,
  decays: "matrices",
  labelSmoothing: 0.1,
  dropPathRate: 0.1,
  distillation: { kind: "hard" },
  alpha: 0.5,
  mixing: UNMIXED,
  images: {},
} as const satisfies Partial<Recipe>;

const DEIT_TINY = {
  ...{ imageSize: 224, patchSize: 16, dim: 192, depth: 12, heads: 3, mlpRatio: 4, init: "timm" },
} as const satisfies ModelSettings;

const PHOTOS_MODEL = {
  ...{ imageSize: 96, patchSize: 12, dim: 128, depth: 6, heads: 4, mlpRatio: 4, init: "timm" },
} as const satisfies ModelSettings;

/** Named starting points; options and configuration files replace their values. */
export const PRESETS: Readonly<Record<string, Preset>> = {
  demo: {
    what: "Drawn flowers at 48×48, three students, about three minutes; the default",
    run: {
      ...RUN,
      students: "all",
      teacherEpochs: 8,
      teacherLearningRate: 3e-3,
      microBatchSize: 32,
      replicas: 1,
    },
    data: { ...DATA, heldOut: 1000 },
    model: { imageSize: 48, patchSize: 8, dim: 96, depth: 3, heads: 3, mlpRatio: 4, init: "timm" },
    recipe: { ...SHORT, epochs: 12, batchSize: 32, warmup: { epochs: 1 }, dropPathRate: 0.05, hints: {} },
  },
  photos: {
    what: "Photos at 96×96, taught by features; the default with --data or --download",
    run: { ...RUN, teacherEpochs: 10, teacherLearningRate: 3e-3, microBatchSize: 16 }, // half a batch: a teacher may cost more than the student
    data: DATA,
    model: PHOTOS_MODEL,
    recipe: { ...SHORT, epochs: 20, batchSize: 32, warmup: { epochs: 2 }, hints: {}, alpha: 0 },
  },
  quick: {
    what: "DeiT-Ti at 128×128 from published weights, fine-tuned for five epochs, no teacher",
    run: { ...RUN, students: "alone" },
    data: DATA,
    model: { ...DEIT_TINY, imageSize: 128, weights: "timm/deit_tiny_patch16_224.fb_in1k" },
    recipe: { ...FINETUNE_RECIPE, mixing: UNMIXED, epochs: 5, learningRate: 2e-4 },
  },
  keras: {
    what: "The Keras example's student at 224×224, and its training",
    run: RUN,
    data: DATA,
    model: { ...DEIT_TINY, headDim: 192, init: "keras" },
    recipe: { ...KERAS_RECIPE, mixing: UNMIXED },
  },
  deit: {
    what: "DeiT-Ti at 224×224 by DeiT's own recipe, 300 epochs",
    run: RUN,
    data: DATA,
    model: DEIT_TINY,
    recipe: DEIT_RECIPE,
  },
  deit3: {
    what: "DeiT-Ti with LayerScale at 224×224 by DeiT III's recipe, 800 epochs",
    run: RUN,
    data: DATA,
    model: { ...DEIT_TINY, noEmbedClass: true, initValues: 1e-4 }, // facebookresearch/deit's deit_tiny_patch16_LS
    recipe: DEIT3_RECIPE,
  },
  patient: {
    what: "Photos at 96×96, taught by answers to mixed pictures only, 300 epochs",
    run: { ...RUN, microBatchSize: 16 },
    data: DATA,
    model: PHOTOS_MODEL,
    recipe: { ...PATIENT_RECIPE, epochs: 300, batchSize: 32, learningRate: 1e-3, learningRatePer: 32 },
  },
  finetune: {
    what: "DeiT-Ti at 224×224 from published weights (--weights), six epochs",
    run: RUN,
    data: DATA,
    model: DEIT_TINY,
    recipe: { ...FINETUNE_RECIPE, mixing: UNMIXED },
  },
  tiny: {
    what: "Drawn flowers at 24×24, in seconds, for tests; learns little",
    run: { ...RUN, teacherEpochs: 2, teacherLearningRate: 2e-3, microBatchSize: 8, replicas: 1 },
    data: { ...DATA, count: 100 },
    model: { imageSize: 24, patchSize: 8, dim: 16, depth: 2, heads: 2, mlpRatio: 4, init: "timm" },
    recipe: { ...SHORT, epochs: 2, batchSize: 16, warmup: { epochs: 0 } },
  },
};
