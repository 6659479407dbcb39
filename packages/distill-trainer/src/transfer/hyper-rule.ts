import { type Checks, COUNT, check, optional, POSITIVE, requireOptions } from "known-options";
import { type Schedule, scaledLearningRate } from "tfjs-optim";

/** Hyperparameters of fine-tuning, as BiT-HyperRule chooses them. */
export interface HyperRule {
  /** Number of optimizer steps. */
  readonly steps: number;
  /** Learning-rate schedule: linear warm-up from 0, then divided by ten at each of `drops`. */
  readonly learningRate: Schedule;
  /** Steps of the warm-up. */
  readonly warmupSteps: number;
  /** Steps after which the learning rate is divided by ten. */
  readonly drops: readonly number[];
  /** SGD momentum. */
  readonly momentum: number;
  /** Alpha of MixUp; 0 for none. */
  readonly mixup: number;
  /** Side in pixels that images are resized to before cropping. */
  readonly resize: number;
  /** Side in pixels of the random crop, which is flipped too. */
  readonly crop: number;
}

/** Options of {@link hyperRule}. */
export interface HyperRuleOptions {
  /** Number of training images. */
  readonly size: number;
  /** Samples per optimizer step. */
  readonly batchSize: number;
  /** Resolution of the original images. Default `[224, 224]`. */
  readonly resolution?: readonly [height: number, width: number];
  /** Peak learning rate for batches of 512. Default 0.003. */
  readonly baseLearningRate?: number;
  /** Number of steps; warm-up and drops are scaled with it. Default by `size`: 500, 10,000 or 20,000. */
  readonly steps?: number;
}

const CHECKS: Checks<HyperRuleOptions> = {
  size: COUNT,
  batchSize: COUNT,
  resolution: optional(
    check(
      "[height, width]",
      (value) => Array.isArray(value) && value.length === 2 && value.every((side) => COUNT.fits(side)),
    ),
  ),
  baseLearningRate: optional(POSITIVE),
  steps: optional(COUNT),
};
const SMALL = 20_000;
const LARGE = 500_000;
const SMALL_PICTURE = 96 * 96;

/**
 * Returns BiT-HyperRule's hyperparameters: schedule, resolution and MixUp by the size of the data set.
 *
 * Fewer than 20,000 images: 500 steps, warm-up of 100, drops after 200, 300 and 400. Fewer than 500,000: 10,000 steps,
 * warm-up of 500, drops after 3,000, 6,000 and 9,000. More: 20,000, 500, 6,000, 12,000 and 18,000. MixUp with α = 0.1 from
 * 20,000 images. Images below 96² are trained at 128² (cropped from 160²), others at 480² (512²). SGD with momentum 0.9, no
 * weight decay, learning rate `0.003 · batchSize / 512`.
 *
 * @throws RangeError if an option is out of range.
 * @see Kolesnikov et al. 2019, section 3.3, https://arxiv.org/abs/1912.11370;
 * https://github.com/google-research/big_transfer/blob/master/bit_hyperrule.py
 *
 * @example
 * const { steps, mixup, drops } = hyperRule({ size: 3303, batchSize: 512 });
 * console.log(steps, mixup, drops); // 500 0 [ 200, 300, 400 ]
 */
export function hyperRule(options: HyperRuleOptions): HyperRule {
  requireOptions("hyperRule", options, CHECKS);
  const { size, batchSize, resolution = [224, 224], baseLearningRate = 0.003 } = options;
  const [warmup, ...points] =
    size < SMALL
      ? [100, 200, 300, 400, 500]
      : size < LARGE
        ? [500, 3000, 6000, 9000, 10_000]
        : [500, 6000, 12_000, 18_000, 20_000];
  const published = points.pop()!;
  const { steps = published } = options;
  const scaled = (point: number) => Math.round((point * steps) / published);
  const warmupSteps = scaled(warmup!);
  const drops = points.map(scaled);
  const rate = scaledLearningRate(baseLearningRate, batchSize);
  const small = resolution[0] * resolution[1] < SMALL_PICTURE;
  return {
    steps,
    warmupSteps,
    drops,
    learningRate: (step) =>
      step < warmupSteps
        ? (rate * step) / warmupSteps
        : rate / 10 ** drops.filter((drop) => drop < step).length,
    momentum: 0.9,
    mixup: size < SMALL ? 0 : 0.1,
    resize: small ? 160 : 512,
    crop: small ? 128 : 480,
  };
}
