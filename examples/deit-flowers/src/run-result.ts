import type { Measured } from "./measure.ts";
import type { Settings } from "./settings.ts";

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

/** `summary.json`: one object a model. */
export function summaryJson(models: readonly ModelResult[]): string {
  const rows = models.map(({ name, params, history, right, ...figures }) => ({
    model: name,
    params,
    ...figures,
  }));
  return `${JSON.stringify(rows, null, 2)}\n`;
}
