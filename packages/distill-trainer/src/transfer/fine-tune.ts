import type * as tfl from "@tensorflow/tfjs-layers";
import {
  ANY,
  type Checks,
  FUNCTION,
  MODEL,
  OBJECT,
  optional,
  requireArguments,
  requireOptions,
} from "known-options";
import type { RankShare } from "sample-keys";
import { ScheduledMomentum } from "tfjs-optim";
import { batchesPerEpoch, type DataSource, type FitOptions, fit, requireSource } from "train-loop";
import { mixedSource } from "../mixed-source.ts";
import { type Preprocess, toSymmetricRange } from "../models/preprocess.ts";
import { classification } from "../tasks/classification.ts";
import { widthOf } from "./features.ts";
import { type HyperRule, hyperRule } from "./hyper-rule.ts";

type PassedOn = "validationData" | "microBatchSize" | "callbacks" | "checkpoint" | "signal" | "communicator";

/** Options of {@link fineTune}, some of them passed on to `fit`. */
export interface FineTuneOptions extends Pick<FitOptions, PassedOn> {
  /** Hyperparameters. Default: {@link hyperRule} of the source's size and batch size. */
  readonly rule?: HyperRule;
  /** Preprocessing of images in 0…255 to the model's input. Default {@link toSymmetricRange}. */
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
  communicator: ANY,
};

/**
 * Fine-tunes a whole classifier by BiT-HyperRule: SGD with momentum, its schedule, and MixUp if the rule has it. Resolution,
 * crop and flip are options of the source: use `rule.resize` and `rule.crop`.
 *
 * Checkpoints, exact resume, micro-batches, callbacks and several programs (`communicator`) are those of `fit`.
 *
 * @param model - Model `[batch, height, width, 3]` → logits `[batch, classes]`, such as `bit({…})`. Changed in place.
 * @param source - Training images, shuffled and augmented.
 * @returns tfjs' `History` by epoch; the rule's steps may end the last one early.
 * @throws TypeError for an argument of the wrong type or an unknown option. RangeError for options out of range.
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
  requireArguments("fineTune", { model }, { model: MODEL });
  requireSource("fineTune", source);
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

/** Returns a source that ends after a total number of batches. */
export function firstSteps(source: DataSource, steps: number): DataSource {
  const perEpoch = batchesPerEpoch(source);
  async function* cut<T>(batches: AsyncIterable<T>, epoch: number, first: number): AsyncGenerator<T> {
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
    ...(source.shardsFrom !== undefined && {
      shardsFrom: (epoch: number, first: number, share: RankShare) =>
        cut(source.shardsFrom!(epoch, first, share), epoch, first),
    }),
  };
}
