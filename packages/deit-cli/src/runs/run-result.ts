import { z } from "zod";
import type { Measured } from "../judge/measure.ts";
import type { Settings } from "../settings/settings.ts";

/** One row of the result. */
export interface ModelResult extends Measured {
  readonly name: "teacher" | "student alone" | "student distilled";
  readonly params: number;
  /** Images a second while training, waits for data included; absent where nothing but a probe was trained. */
  readonly trainImagesPerSecond?: number;
  /** Share of its training that was spent waiting for data, in [0, 1]. */
  readonly waitingShare?: number;
  /** Keras' logs by epoch; empty where the model came trained. */
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/** Everything a report shows. */
export interface RunResult {
  readonly settings: Settings;
  /** One sentence. */
  readonly dataDescription: string;
  /** Goes on after "The teacher:"; absent where a student alone was trained, which has none. */
  readonly teacherDescription?: string;
  readonly models: readonly ModelResult[];
  readonly environment: {
    readonly date: string;
    readonly backend: string;
    readonly node: string;
    readonly cpu: string;
    /** Replicas of a student in training, and images of a micro-batch. */
    readonly computing: string;
    readonly trainingImages: number;
    readonly validationImages: number;
    readonly duration: string;
    /** Most memory that the process held, its threads' among it: `1.2 GB`. */
    readonly peakMemory: string;
  };
}

/** A {@link ModelResult} in a file. */
export const MODEL_RESULT: z.ZodType<ModelResult> = z.object({
  name: z.enum(["teacher", "student alone", "student distilled"]),
  params: z.number(),
  valAccuracy: z.number(),
  imagesPerSecond: z.number(),
  right: z.array(z.boolean()).readonly().exactOptional(),
  trainImagesPerSecond: z.number().exactOptional(),
  waitingShare: z.number().exactOptional(),
  history: z.record(z.string(), z.array(z.number()).readonly()),
});

/** A {@link RunResult} in a file; of its settings only that they are some, for those of an older run may be others. */
export const RUN_RESULT: z.ZodType<RunResult> = z.object({
  settings: z.custom<Settings>((value) => typeof value === "object" && value !== null, "expected settings"),
  dataDescription: z.string(),
  teacherDescription: z.string().exactOptional(),
  models: z.array(MODEL_RESULT).readonly(),
  environment: z.object({
    ...{ date: z.string(), backend: z.string(), node: z.string(), cpu: z.string() },
    computing: z.string(),
    trainingImages: z.number(),
    validationImages: z.number(),
    duration: z.string(),
    peakMemory: z.string(),
  }),
});

/** `summary.json`: one object a model. */
export function summaryJson(models: readonly ModelResult[]): string {
  const rows = models.map(({ name, params, history, right, ...figures }) => ({
    model: name,
    params,
    ...figures,
  }));
  return `${JSON.stringify(rows, null, 2)}\n`;
}
