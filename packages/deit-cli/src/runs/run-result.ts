import { z } from "zod";
import type { Measured } from "../judge/measure.ts";
import type { Settings } from "../settings/settings.ts";

/** Figures of a training, over all its steps; there are none for a linear probe. */
export interface StageFigures {
  /** Images per second: waits for data included, validation not. */
  readonly trainImagesPerSecond: number;
  /** Share of that time spent waiting for data, in [0, 1]. */
  readonly waitingShare: number;
  /** Learning rates, and the epoch of each: 0 is the beginning. */
  readonly learningRates: { readonly epochs: readonly number[]; readonly values: readonly number[] };
}

const MODEL_NAMES = [
  "teacher",
  "student alone",
  "student distilled",
  "student by answers",
  "student by features",
] as const;

/** One row of the result. */
export interface ModelResult extends Measured, Partial<StageFigures> {
  readonly name: (typeof MODEL_NAMES)[number];
  readonly params: number;
  /** Keras' logs by epoch; empty for a model that came trained. */
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/** Result of a run, for its report. */
export interface RunResult {
  readonly settings: Settings;
  /** One sentence. */
  readonly dataDescription: string;
  /** Continues "The teacher:"; absent where only a student alone was trained. */
  readonly teacherDescription?: string;
  readonly models: readonly ModelResult[];
  readonly environment: {
    readonly date: string;
    readonly backend: string;
    readonly node: string;
    readonly cpu: string;
    /** Number of processes that trained together, and their hosts; absent for one alone. */
    readonly ranks?: string;
    /** Replicas of a student in training, in each process × images of a micro-batch. */
    readonly computing: string;
    readonly trainingImages: number;
    readonly validationImages: number;
    readonly duration: string;
    /** Peak memory of the process with its threads: `1.2 GB`. */
    readonly peakMemory: string;
  };
}

/** A {@link ModelResult} in a file. */
export const MODEL_RESULT: z.ZodType<ModelResult> = z.object({
  name: z.enum(MODEL_NAMES),
  params: z.number(),
  valAccuracy: z.number(),
  multiLabel: z
    .object({
      ...{ map: z.number(), macroRecall: z.number(), macroF1: z.number(), exactMatch: z.number() },
      classes: z
        .array(
          z.object({
            ...{ averagePrecision: z.number(), recall: z.number(), precision: z.number(), count: z.number() },
          }),
        )
        .readonly(),
    })
    .exactOptional(),
  imagesPerSecond: z.number(),
  right: z.array(z.boolean()).readonly().exactOptional(),
  predicted: z
    .array(z.union([z.number(), z.array(z.number()).readonly()]))
    .readonly()
    .exactOptional(),
  pictures: z.array(z.number()).readonly().exactOptional(),
  trainImagesPerSecond: z.number().exactOptional(),
  waitingShare: z.number().exactOptional(),
  learningRates: z
    .object({ epochs: z.array(z.number()).readonly(), values: z.array(z.number()).readonly() })
    .exactOptional(),
  history: z.record(z.string(), z.array(z.number()).readonly()),
});

/** A {@link RunResult} in a file. Its settings are not checked: they are shown only. */
export const RUN_RESULT: z.ZodType<RunResult> = z.object({
  settings: z.custom<Settings>((value) => typeof value === "object" && value !== null, "expected settings"),
  dataDescription: z.string(),
  teacherDescription: z.string().exactOptional(),
  models: z.array(MODEL_RESULT).readonly(),
  environment: z.object({
    ...{ date: z.string(), backend: z.string(), node: z.string(), cpu: z.string() },
    ranks: z.string().exactOptional(),
    computing: z.string(),
    trainingImages: z.number(),
    validationImages: z.number(),
    duration: z.string(),
    peakMemory: z.string(),
  }),
});

/** Text of `summary.json`: one object per model. */
export function summaryJson(models: readonly ModelResult[]): string {
  const rows = models.map(
    ({ name, params, history, right, predicted, pictures, learningRates, ...figures }) => ({
      model: name,
      params,
      ...figures,
    }),
  );
  return `${JSON.stringify(rows, null, 2)}\n`;
}
