import { z } from "zod";
import { PIXELS } from "../models/pixels.ts";

const count = z.number().int().positive();
const share = z.number().min(0).max(1);
const shareBelowOne = z.number().min(0).lt(1);

/** Checks a run's settings one by one. */
export const SETTINGS = z.strictObject({
  preset: z.string(),
  name: z.string().regex(/^[\w.-]+$/, "expected letters, digits, dots, dashes and underscores"),
  out: z.string(),
  backend: z.enum(["auto", "tensorflow", "webgpu", "wasm", "cpu"]),
  seed: z
    .number()
    .int()
    .min(0)
    .max(2 ** 32 - 1),
  data: z.string().optional(),
  download: z.boolean(),
  cache: z.string().optional(),
  count: count.min(50),
  imageSize: count,
  workers: count,
  skipBadImages: z.boolean(),
  maxPixels: count.optional(),
  students: z.enum(["both", "alone", "distilled"]),
  teacher: z.string().optional(),
  teacherPixels: z.enum(["auto", ...PIXELS]),
  teacherOutputs: z.enum(["auto", "logits", "probabilities", "sigmoid"]),
  teacherEpochs: count,
  teacherLearningRate: z.number().positive(),
  patchSize: count,
  dim: count,
  depth: count,
  heads: count,
  headDim: count.optional(),
  mlpRatio: z.number().positive(),
  dropPathRate: shareBelowOne,
  init: z.enum(["keras", "timm"]),
  weights: z.string().optional(),
  epochs: count,
  batchSize: count,
  microBatchSize: count.optional(),
  replicas: count.max(64).optional(),
  learningRate: z.number().positive(),
  warmupEpochs: z.number().min(0),
  learningRatePer: count.optional(),
  schedule: z.enum(["cosine", "constant"]),
  minLearningRate: z.number().min(0),
  warmupLearningRate: z.number().min(0).optional(),
  adamW: z.enum(["torch", "keras", "tfa"]),
  weightDecay: z.number().min(0),
  layerDecay: z.number().positive().max(1),
  clipNorm: z.number().min(0),
  emaDecay: shareBelowOne,
  labelSmoothing: shareBelowOne,
  distillation: z.enum(["hard", "soft"]),
  temperature: z.number().positive(),
  alpha: share,
  augment: z.enum(["keras", "deit", "crop", "none"]),
  mixup: z.number().min(0),
  cutmix: z.number().min(0),
  repeats: count,
  evaluationCrop: z.number().positive().max(1),
  normalization: z.enum(["unit", "symmetric", "imagenet"]),
  viewEpochs: count.optional(),
  storeLogits: z.string().optional(),
  checkpointEvery: count,
  resume: z.string().optional(),
  verbose: z.boolean(),
});

/** Everything that decides a run; saved with it. Rates are shares in [0, 1]. */
export type Settings = z.infer<typeof SETTINGS>;

/** What may change while a run is resumed: it does not change the result. */
const FREE = new Set<string>([
  "name",
  "out",
  "cache",
  "workers",
  "checkpointEvery",
  "resume",
  "verbose",
  "storeLogits",
]);

/** Settings' names in the order of the schema, for the command line. */
export const SETTING_NAMES = Object.keys(SETTINGS.shape) as (keyof Settings)[];

/** The settings that decide a run's result. */
export function runSettings(settings: Settings): Record<string, unknown> {
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !FREE.has(name)));
}
