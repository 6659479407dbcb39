/** A value by optimizer step, counted from 0: a learning rate, a weight decay. */
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
  /** Steps of linear rise from `base / warmupSteps`. Default 0. */
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
