/** A value by optimizer step, counted from 0: a learning rate, a weight decay, the decay of an average. */
export type Schedule = (step: number) => number;

/**
 * The same value at every step.
 *
 * @example
 * console.log(constant(2.5e-4)(1000)); // 0.00025
 */
export function constant(value: number): Schedule {
  return () => value;
}

/** Options of {@link cosine}. Steps are optimizer steps. */
export interface CosineOptions {
  /** Value after the warm-up. */
  readonly base: number;
  /** Step at which `min` is reached; it stays there. */
  readonly totalSteps: number;
  /** Steps of linear rise from `base / warmupSteps`. Default 0. For other warm-ups see {@link warmup}. */
  readonly warmupSteps?: number;
  /** Final value. Default 0. */
  readonly min?: number;
}

/**
 * Linear warm-up, then half a cosine from `base` down to `min`.
 *
 * After warm-up `w` of `n` steps: `min + (base − min) · (1 + cos(π · (step − w) / (n − w))) / 2`.
 *
 * @throws RangeError if `totalSteps` is not above `warmupSteps ≥ 0`.
 * @see Loshchilov and Hutter 2017, https://arxiv.org/abs/1608.03983
 *
 * @example
 * const rate = cosine({ base: 1, totalSteps: 10 });
 * console.log(rate(0), rate(5).toFixed(2), rate(10)); // 1 0.50 0
 */
export function cosine(options: CosineOptions): Schedule {
  const { base, totalSteps, warmupSteps = 0, min = 0 } = options;
  if (!(warmupSteps >= 0 && totalSteps > warmupSteps)) {
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
  /** What a drop multiplies the value by. Default 0.1. */
  readonly factor?: number;
}

/**
 * A staircase: `base · factor ^ ⌊step / every⌋`.
 *
 * @throws RangeError if `every` is below 1.
 *
 * @example
 * console.log([0, 9, 10, 20].map(stepDecay({ base: 1, every: 10, factor: 0.5 }))); // [1, 1, 0.5, 0.25]
 */
export function stepDecay({ base, every, factor = 0.1 }: StepDecayOptions): Schedule {
  if (!(every >= 1)) throw new RangeError(`stepDecay: every must be >= 1, got ${every}`);
  return (step) => base * factor ** Math.floor(step / every);
}

/** Options of {@link warmup}. */
export interface WarmupOptions {
  /** Steps of the rise, ≥ 0. */
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

/**
 * Any schedule with a linear rise before it: from `from` at step 0 towards the schedule's first value at step `steps`.
 *
 * @throws RangeError if `steps` is negative.
 * @see Goyal et al. 2017, https://arxiv.org/abs/1706.02677
 *
 * @example
 * const rate = warmup(cosine({ base: 1, totalSteps: 10 }), { steps: 4 });
 * console.log([0, 1, 2, 3, 4].map(rate)); // [0, 0.25, 0.5, 0.75, 1]
 */
export function warmup(schedule: Schedule, { steps, from = 0, mode = "delays" }: WarmupOptions): Schedule {
  if (!(steps >= 0)) throw new RangeError(`warmup: steps must be >= 0, got ${steps}`);
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
 * @see Goyal et al. 2017, https://arxiv.org/abs/1706.02677; facebookresearch/deit, main.py
 *
 * @example
 * console.log(scaledLearningRate(5e-4, 256)); // 0.00025
 */
export function scaledLearningRate(learningRate: number, batchSize: number, per = 512): number {
  return (learningRate * batchSize) / per;
}
