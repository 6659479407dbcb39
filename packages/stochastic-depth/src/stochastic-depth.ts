import * as tf from "@tensorflow/tfjs-core";
import { ANY, BOOLEAN, type Checks, FRACTION, optional, requireOptions, UINT32 } from "known-options";
import { siteOf } from "sample-keys";
import { dropMaskTensor } from "./drop-mask.ts";
import type { SampleKeys } from "./keys.ts";

/** Options of {@link stochasticDepth}. */
export interface StochasticDepthOptions {
  /** Probability of dropping a sample's branch, in [0, 1]. */
  readonly dropProb: number;
  /** Whether to drop branches; `false` makes the call an identity. */
  readonly training: boolean;
  /** One uint32 key per row of the batch; required in training. */
  readonly sampleKeys?: SampleKeys;
  /** Site of the decision; each branch of a block needs its own. Default `siteOf("stochasticDepth")`. */
  readonly site?: number;
}

const CHECKS: Checks<StochasticDepthOptions> = {
  dropProb: FRACTION,
  training: BOOLEAN,
  sampleKeys: ANY,
  site: optional(UINT32),
};

/**
 * Stochastic depth (drop path): zeroes a residual branch for random samples of the batch and rescales the others to keep
 * the expected value.
 *
 * One number is drawn per sample, not per element: `y[i] = x[i] · floor(keep + u[i]) / keep`, `keep = 1 − dropProb`,
 * `u[i] = uniform(sampleKeys[i], site)`. Only the mask is saved for the backward pass.
 *
 * @param x - `[batch, ...]`, float32. Not disposed.
 * @returns Same shape as `x`, a new tensor owned by the caller; zeros where `dropProb` is 1.
 * @throws RangeError if `dropProb` is outside [0, 1] or there is not one key per row; TypeError if keys are missing.
 * @see Huang et al. 2016, "Deep Networks with Stochastic Depth", https://arxiv.org/abs/1603.09382; the form with a
 * rescaled branch follows https://keras.io/examples/vision/deit/
 *
 * @example
 * const y = tf.add(x, stochasticDepth(branch, { dropProb: 0.1, training: true, sampleKeys: [7, 8] }));
 */
export function stochasticDepth<T extends tf.Tensor>(x: T, options: StochasticDepthOptions): T {
  requireOptions("stochasticDepth", options, CHECKS);
  const { dropProb, training, sampleKeys, site = siteOf("stochasticDepth") } = options;
  if (!training || dropProb === 0) return tf.clone(x);
  if (dropProb === 1) return tf.zerosLike(x); // x / keep is not finite

  const masked = tf.customGrad((v, save) => {
    const drawn = dropMaskTensor("stochasticDepth", x.shape, { dropProb, sampleKeys, site });
    const mask = tf.reshape(drawn, [drawn.size, ...x.shape.slice(1).map(() => 1)]); // broadcasts over each sample
    (save as tf.GradSaveFunc)([mask]);
    return {
      value: tf.mul(v as tf.Tensor, mask),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => tf.mul(dy, saved[0]!),
    };
  });
  return masked(x) as T; // rank unchanged
}
