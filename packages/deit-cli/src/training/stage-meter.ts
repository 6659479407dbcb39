import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import * as tfl from "@tensorflow/tfjs-layers";
import { RunMeter } from "train-loop";
import { z } from "zod";
import { parseChecked } from "../files/parse-json.ts";
import type { StageFigures } from "../runs/run-result.ts";

/** Approximate number of points of a learning-rate curve. */
const POINTS = 200;

/** Fields of a log's line that are read; numbers that JSON lacks are strings. */
const line = z.object({
  event: z.string(),
  step: z.number(),
  size: z.number().default(0),
  learningRate: z.union([z.number(), z.string()]).optional(),
  waitSeconds: z.number().default(0),
  computeSeconds: z.number().default(0),
});

type Step = Omit<z.infer<typeof line>, "event">;

/**
 * A callback that gathers the figures of a stage's steps.
 *
 * Steps that an earlier process took are in the stage's log and nowhere else. They are read from it as training begins; the
 * callback that writes the log comes before this one, and has cut the steps that will be taken again.
 */
export class StageMeter extends tfl.Callback {
  readonly #log: string;
  readonly #meter = new RunMeter();
  readonly #rates: { readonly step: number; readonly rate: number }[] = [];
  #step = 0;
  #stepsPerEpoch = 1;

  constructor(log: string) {
    super();
    this.#log = log;
  }

  /** @throws Error naming the file and the line that is not one of a log. */
  override async onTrainBegin(): Promise<void> {
    const { initialStep, steps } = this.params as unknown as { initialStep: number; steps: number };
    this.#stepsPerEpoch = steps;
    this.#step = initialStep;
    let number = 0;
    for await (const text of createInterface({ input: createReadStream(this.#log), crlfDelay: Infinity })) {
      number += 1;
      const { event, ...step } = parseChecked(`${this.#log}, line ${number}`, text, line);
      if (event === "step") this.#add(step);
    }
  }

  override async onBatchEnd(_: number, logs?: tfl.Logs): Promise<void> {
    this.#step += 1;
    this.#add({ ...(logs as unknown as Omit<Step, "step">), step: this.#step });
  }

  /** Figures of all steps so far. */
  get figures(): StageFigures {
    const every = Math.max(1, Math.ceil(this.#rates.length / POINTS));
    const shown = this.#rates.filter((_, i) => i % every === 0 || i === this.#rates.length - 1);
    return {
      trainImagesPerSecond: this.#meter.imagesPerSecond,
      waitingShare: this.#meter.waitingShare,
      learningRates: {
        epochs: shown.map(({ step }) => step / this.#stepsPerEpoch),
        values: shown.map(({ rate }) => rate),
      },
    };
  }

  #add({ step, size, waitSeconds, computeSeconds, learningRate: rate }: Step): void {
    this.#meter.add({ size, waitSeconds, computeSeconds });
    if (typeof rate === "number") this.#rates.push({ step, rate });
  }
}
