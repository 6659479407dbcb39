import * as tf from "@tensorflow/tfjs-core";
import { atLeast, type Checks, check, requireArguments, requireOptions, TENSOR } from "known-options";

/** Mean and variance of each channel of a layer's outputs. */
export interface FeatureStatistics {
  readonly mean: readonly number[];
  readonly variance: readonly number[];
}

const EPSILON = 1e-6;

const numbers = (expected: string, fits: (value: number) => boolean) =>
  check(
    expected,
    (value) => Array.isArray(value) && value.length > 0 && value.every((x) => Number.isFinite(x) && fits(x)),
  );
const CHECKS: Checks<FeatureStatistics> = {
  mean: numbers("a list of finite numbers", () => true),
  variance: numbers("a list of finite numbers >= 0", atLeast(0).fits),
};

/** Throws a TypeError or RangeError that names the caller for statistics that are not of `channels` channels. */
export function requireStatistics(caller: string, statistics: FeatureStatistics, channels: number): void {
  const { mean, variance } = requireOptions(caller, statistics, CHECKS);
  if (mean.length !== channels || variance.length !== channels) {
    throw new RangeError(
      `${caller}: expected a mean and a variance for each of ${channels} channels, got ${mean.length} and ${variance.length}`,
    );
  }
}

/**
 * Whitens features: LayerNorm over the channels at each place, without scale and shift; or, with `statistics`, each channel by its
 * mean and variance over a data set.
 *
 * @param features - `[batch, …, channels]`, float32. Not disposed.
 * @param statistics - Mean and variance of each channel, see {@link featureStatistics}. Default: LayerNorm.
 * @returns The same shape; owned by the caller.
 * @throws RangeError if the statistics are of another number of channels.
 *
 * @example
 * console.log(whiten(tf.tensor2d([[1, 3]])).arraySync()); // [[-1, 1]]
 */
export function whiten<T extends tf.Tensor>(features: T, statistics?: FeatureStatistics): T {
  if (statistics !== undefined) requireOptions("whiten", statistics, CHECKS);
  requireArguments("whiten", { features }, { features: TENSOR });
  if (statistics !== undefined) {
    requireStatistics("whiten", statistics, features.shape.at(-1)!);
  }
  return tf.tidy(() => {
    const { mean, variance } =
      statistics === undefined
        ? tf.moments(features, -1, true)
        : { mean: tf.tensor1d([...statistics.mean]), variance: tf.tensor1d([...statistics.variance]) };
    return tf.mul(tf.sub(features, mean), tf.rsqrt(tf.add(variance, EPSILON)));
  });
}
