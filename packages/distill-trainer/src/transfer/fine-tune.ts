import type * as tfl from "@tensorflow/tfjs-layers";
import { ANY, type Checks, FUNCTION, OBJECT, optional, requireOptions } from "known-options";
import type { Batch } from "sample-keys";
import { ScheduledMomentum } from "tfjs-optim";
import { batchesPerEpoch, type DataSource, type FitOptions, fit } from "train-loop";
import { mixedSource } from "../mixed-source.ts";
import { type Preprocess, toSymmetricRange } from "../models/preprocess.ts";
import { classification } from "../tasks/classification.ts";
import { widthOf } from "./features.ts";
import { type HyperRule, hyperRule } from "./hyper-rule.ts";

type PassedOn = "validationData" | "microBatchSize" | "callbacks" | "checkpoint" | "signal";

/** Options of {@link fineTune}; those of `fitDataset` among them mean what they mean there. */
export interface FineTuneOptions extends Pick<FitOptions, PassedOn> {
  /** Default: {@link hyperRule} of the source's size and batch size. */
  readonly rule?: HyperRule;
  /** From images in 0…255 to the model's input. Default {@link toSymmetricRange}. */
  readonly preprocess?: Preprocess;
}

const CHECKS: Checks<FineTuneOptions> = {
  rule: optional(OBJECT),
  preprocess: optional(FUNCTION),
  validationData: ANY, // these are checked by fit
  microBatchSize: ANY,
  callbacks: ANY,
  checkpoint: ANY,
  signal: ANY,
};

/**
 * Fine-tunes all of a classifier on labeled images by BiT-HyperRule: SGD with momentum, its schedule, MixUp where the rule
 * asks for it. Resolution, crop and flip are the source's: give it `rule.resize` and `rule.crop`.
 *
 * Checkpoints, exact resume, micro-batches and callbacks are those of `distill-trainer`.
 *
 * @param model - `[batch, height, width, 3]` → `[batch, classes]` logits, such as `bit({…})` or a probe. Changed in place.
 * @param source - Training pictures, shuffled and augmented.
 * @returns tfjs' `History`, epoch by epoch; the last one may be cut short by the rule's steps.
 * @throws RangeError for options out of range.
 * @see Kolesnikov et al. 2019, section 3.3, https://arxiv.org/abs/1912.11370
 *
 * @example
 * const history = await fineTune(model, train, { validationData, microBatchSize: 8 });
 * console.log(history.history.val_accuracy.at(-1));
 */
export async function fineTune(
  model: tfl.LayersModel,
  source: DataSource,
  options: FineTuneOptions = {},
): Promise<tfl.History> {
  requireOptions("fineTune", options, CHECKS);
  const {
    preprocess = toSymmetricRange,
    rule = hyperRule({ size: source.size, batchSize: source.batchSize }),
    ...passedOn
  } = options;
  const mixed = rule.mixup > 0 ? mixedSource(source, mixUpOnly(rule.mixup, widthOf(model))) : source;
  const optimizer = new ScheduledMomentum(rule.learningRate, rule.momentum);
  try {
    const task = classification({ model, preprocess });
    const epochs = Math.ceil(rule.steps / batchesPerEpoch(source));
    return await fit(task, optimizer, firstSteps(mixed, rule.steps), { ...passedOn, epochs });
  } finally {
    optimizer.dispose();
  }
}

function mixUpOnly(mixupAlpha: number, classes: number) {
  return { classes, mixupAlpha, cutmixAlpha: 0, probability: 1 };
}

/** A source whose epochs end after so many batches in all. */
export function firstSteps(source: DataSource, steps: number): DataSource {
  const perEpoch = batchesPerEpoch(source);
  async function* cut(batches: AsyncIterable<Batch>, epoch: number, first: number): AsyncGenerator<Batch> {
    let left = Math.min(perEpoch, steps - epoch * perEpoch) - first;
    if (left <= 0) return;
    for await (const batch of batches) {
      yield batch;
      left -= 1;
      if (left === 0) return;
    }
  }
  const { size, batchSize, skips = false } = source;
  return {
    size,
    skips,
    sizeOf: (epoch) => Math.max(0, Math.min(size, (steps - epoch * perEpoch) * batchSize)),
    batchSize,
    batches: (epoch) => cut(source.batches(epoch), epoch, 0),
    ...(source.batchesFrom !== undefined && {
      batchesFrom: (epoch: number, first: number) => cut(source.batchesFrom!(epoch, first), epoch, first),
    }),
  };
}
