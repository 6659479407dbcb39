import { sampleKey, siteOf, uniform } from "sample-keys";
import type { Interval } from "./significance.ts";

/** Values of pictures by seed: `values[seed][picture]`. */
export interface Sample {
  readonly values: readonly ArrayLike<number>[];
  /** Whether all seeds have the same pictures, in the same order. */
  readonly isCrossed: boolean;
}

/** Options of {@link bootstrapMeans}. */
export interface BootstrapOptions {
  /** Default 10,000. */
  readonly resamples?: number;
  /** Seed of the random numbers, uint32: equal ones give equal intervals. Default 0. */
  readonly seed?: number;
}

export const RESAMPLES = 10_000;
const SEEDS = siteOf("bootstrap.seeds");
const PICTURES = siteOf("bootstrap.pictures");

/** Equal for samples that can be resampled together. */
export function shapeOf({ values, isCrossed }: Sample): string {
  return `${isCrossed} ${values.map(({ length }) => length)}`;
}

/**
 * Means of bootstrap samples. For each, as many seeds as there are and as many pictures as there are are drawn with replacement, and
 * the mean is that of the drawn seeds' values for the drawn pictures.
 *
 * Seeds with the same pictures have the same draw of them: the two are crossed random effects, resampled independently (Owen 2007,
 * "The pigeonhole bootstrap": mildly conservative for many seeds; for few, the seeds' part of the variance is about (S − 1) / S of the true
 * one, and Student's interval is the more careful one). For seeds with pictures of their own, those are
 * drawn within each drawn seed (Davison and Hinkley 1997, "Bootstrap Methods and their Application", section 3.8). With one seed it is
 * the bootstrap over pictures (Efron and Tibshirani 1993, "An Introduction to the Bootstrap", chapter 13). Values that are differences
 * of two models on the same picture make it paired.
 *
 * @param samples - Of one shape, as {@link shapeOf} tells: draws depend on it only, and are made once for all of them.
 * @returns For each sample as many means as there are resamples.
 */
export function bootstrapMeans(samples: readonly Sample[], options: BootstrapOptions = {}): Float64Array[] {
  const { resamples = RESAMPLES, seed = 0 } = options;
  const { values: some = [], isCrossed = true } = samples[0] ?? {};
  const lengths = some.map(({ length }) => length);
  const means = samples.map(() => new Float64Array(resamples));
  for (let r = 0; r < resamples; r++) {
    const key = sampleKey(seed, r, 0);
    const seeds = lengths.map((_, i) => Math.floor(uniform(key, SEEDS, i) * lengths.length));
    let drawn: Uint32Array = new Uint32Array();
    let first = 0; // of a seed's draws
    for (const [i, one] of seeds.entries()) {
      const count = lengths[one]!;
      if (i === 0 || !isCrossed) drawn = picturesOf(count, key, first);
      if (!isCrossed) first += count;
      samples.forEach(({ values }, at) => {
        const own = values[one]!;
        let sum = 0;
        for (const picture of drawn) sum += own[picture]!;
        means[at]![r]! += sum / count / seeds.length;
      });
    }
  }
  return means;
}

function picturesOf(count: number, key: number, first: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, i) => uniform(key, PICTURES, first + i) * count);
}

/** The 2.5% and 97.5% quantiles, interpolated linearly as numpy's. */
export function percentileInterval(means: Float64Array): Interval {
  const sorted = means.toSorted();
  const quantile = (p: number): number => {
    const place = p * (sorted.length - 1);
    const below = Math.floor(place);
    const [low, high] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
    return low + (place - below) * (high - low);
  };
  return { low: quantile(0.025), high: quantile(0.975) };
}
