import type { Settings } from "./settings.ts";

/** One row of the result. */
export interface TrainedModel {
  readonly name: "teacher" | "student alone" | "student distilled";
  readonly params: number;
  /** Share of held-out images classified right, in [0, 1]. */
  readonly valAccuracy: number;
  /** Images a second, forward over the held-out images, which are decoded beforehand. */
  readonly imagesPerSecond: number;
  /** Images a second while training, waits for data included; absent where a frozen backbone was probed. */
  readonly trainImagesPerSecond: number | undefined;
  /** Keras' logs by epoch. */
  readonly history: Readonly<Record<string, readonly number[]>>;
}

/** Everything a report shows. */
export interface RunResult {
  readonly settings: Settings;
  /** One or two sentences. */
  readonly dataDescription: string;
  readonly models: readonly TrainedModel[];
  readonly environment: {
    readonly date: string;
    readonly backend: string;
    readonly node: string;
    readonly cpu: string;
    readonly cores: number;
    readonly trainingImages: number;
    readonly validationImages: number;
    readonly minutes: string;
  };
}

/** `summary.json`: one object a model. */
export function summaryJson(models: readonly TrainedModel[]): string {
  const rows = models.map(({ name, params, valAccuracy, imagesPerSecond, trainImagesPerSecond }) => ({
    model: name,
    params,
    valAccuracy,
    imagesPerSecond,
    trainImagesPerSecond: trainImagesPerSecond ?? null,
  }));
  return `${JSON.stringify(rows, null, 2)}\n`;
}
