import { atLeast, type Checks, FINITE, oneOf, optional, POSITIVE, requireOptions } from "known-options";

/** A value by optimizer step, counted from 0: a learning rate, a weight decay, the decay of an average. */
export type Schedule = (step: number) => number;

/**
 * The same value at every step.
 *
 * @throws RangeError if it is not finite.
 *
 * @example
 * console.log(constant(2.5e-4)(1000)); // 0.00025
 */
export function constant(value: number): Schedule {
  requireNumbers("constant", { value });
  return () => value;
}

/** Options of {@link cosine}. Steps are optimizer steps. */
export interface CosineOptions {
  /** Peak value, after the warm-up. */
  readonly base: number;
  /** Step at which `min` is reached; it stays there. */
  readonly totalSteps: number;
  /** Steps of linear rise from `base / warmupSteps`. Default 0. For other warm-ups see {@link warmup}. */
  readonly warmupSteps?: number;
  /** Final value. Default 0. */
  readonly min?: number;
}

const COSINE_CHECKS: Checks<CosineOptions> = {
  base: FINITE,
  totalSteps: POSITIVE,
  warmupSteps: optional(atLeast(0)),
  min: optional(FINITE),
};

/**
 * Linear warm-up, then half a cosine from `base` down to `min`.
 *
 * After warm-up `w` of `n` steps: `min + (base − min) · (1 + cos(π · (step − w) / (n − w))) / 2`.
 *
 * @throws TypeError for an unknown option. RangeError if one is not a finite number, or `totalSteps` is not above
 * `warmupSteps ≥ 0`.
 * @see Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983
 *
 * @example
 * const rate = cosine({ base: 1, totalSteps: 10 });
 * console.log(rate(0), rate(5).toFixed(2), rate(10)); // 1 0.50 0
 */
export function cosine(options: CosineOptions): Schedule {
  requireOptions("cosine", options, COSINE_CHECKS);
  const { base, totalSteps, warmupSteps = 0, min = 0 } = options;
  if (!(totalSteps > warmupSteps)) {
    throw new RangeError(
      `cosine: totalSteps must be above warmupSteps >= 0, got ${totalSteps} and ${warmupSteps}`,
    );
  }
  return (step) => {
    if (step < warmupSteps) return (base * (step + 1)) / warmupSteps;
    const progress = Math.min(1, (step - warmupSteps) / (totalSteps - warmupSteps));
    return min + ((base - min) * (1 + Math.cos(Math.PI * progress))) / 2;
  };
}

/** Options of {@link stepDecay}. */
export interface StepDecayOptions {
  /** Value before the first drop. */
  readonly base: number;
  /** Steps between drops, ≥ 1. */
  readonly every: number;
  /** Factor of each drop. Default 0.1. */
  readonly factor?: number;
}

/**
 * A staircase: `base · factor ^ ⌊step / every⌋`.
 *
 * @throws TypeError for an unknown option. RangeError if `every` is below 1 or another one is not a finite number.
 *
 * @example
 * console.log([0, 9, 10, 20].map(stepDecay({ base: 1, every: 10, factor: 0.5 }))); // [1, 1, 0.5, 0.25]
 */
export function stepDecay(options: StepDecayOptions): Schedule {
  requireOptions("stepDecay", options, { base: FINITE, every: atLeast(1), factor: optional(FINITE) });
  const { base, every, factor = 0.1 } = options;
  return (step) => base * factor ** Math.floor(step / every);
}

/** Options of {@link warmup}. */
export interface WarmupOptions {
  /** Steps of the warm-up, ≥ 0. */
  readonly steps: number;
  /** Value at step 0. Default 0. */
  readonly from?: number;
  /**
   * `"delays"`: the schedule starts where the warm-up ends (PyTorch's `SequentialLR`, timm's `warmup_prefix`).
   * `"replaces"`: the schedule runs from step 0 and the warm-up covers its beginning (timm's default, hence DeiT's).
   * Default `"delays"`.
   */
  readonly mode?: "delays" | "replaces";
}

const WARMUP_CHECKS: Checks<WarmupOptions> = {
  steps: atLeast(0),
  from: optional(FINITE),
  mode: optional(oneOf("delays", "replaces")),
};

/**
 * Any schedule with a linear rise before it: from `from` at step 0 towards the schedule's first value at step `steps`.
 *
 * @throws TypeError for an unknown option, or a `schedule` that is not a function. RangeError if `steps` is negative or a
 * number is not finite.
 * @see Goyal et al. 2017, https://arxiv.org/abs/1706.02677
 *
 * @example
 * const rate = warmup(cosine({ base: 1, totalSteps: 10 }), { steps: 4 });
 * console.log([0, 1, 2, 3, 4].map(rate)); // [0, 0.25, 0.5, 0.75, 1]
 */
export function warmup(schedule: Schedule, options: WarmupOptions): Schedule {
  requireOptions("warmup", options, WARMUP_CHECKS);
  if (typeof schedule !== "function") {
    throw new TypeError(`warmup: schedule must be a function of the step, got ${schedule}`);
  }
  const { steps, from = 0, mode = "delays" } = options;
  const target = schedule(0);
  return (step) => {
    if (step < steps) return from + ((target - from) * step) / steps;
    return schedule(mode === "delays" ? step - steps : step);
  };
}

/**
 * The linear scaling rule: `learningRate · batchSize / per`.
 *
 * @param per - Batch size that `learningRate` is meant for. Default 512, DeiT's.
 * @throws RangeError if one is not a finite number, or `per` is not above 0.
 * @see Goyal et al. 2017, https://arxiv.org/abs/1706.02677; facebookresearch/deit, main.py
 *
 * @example
 * console.log(scaledLearningRate(5e-4, 256)); // 0.00025
 */
export function scaledLearningRate(learningRate: number, batchSize: number, per = 512): number {
  requireNumbers("scaledLearningRate", { learningRate, batchSize, per });
  if (!(per > 0)) throw new RangeError(`scaledLearningRate: per must be above 0, got ${per}`);
  return (learningRate * batchSize) / per;
}

function requireNumbers(caller: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isFinite(value)) {
      throw new RangeError(`${caller}: ${name} must be a finite number, got ${value}`);
    }
  }
}
