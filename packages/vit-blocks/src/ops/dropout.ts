import * as tf from "@tensorflow/tfjs-core";
import { customOp, withGradient } from "kernel-contract";
import { ANY, BOOLEAN, type Checks, RATE, requireOptions, UINT32 } from "known-options";
import { keyedMask, type SampleKeys } from "stochastic-depth";

/** Options of {@link dropout}. */
export interface DropoutOptions {
  /** Probability of zeroing an element, in [0, 1). */
  readonly rate: number;
  /** Whether to drop elements; `false` makes the call an identity. */
  readonly training: boolean;
  /** One uint32 key per row of the batch; required in training. */
  readonly sampleKeys?: SampleKeys;
  /** Site of the decision, from `siteOf`. */
  readonly site: number;
}

const CHECKS: Checks<DropoutOptions> = { rate: RATE, training: BOOLEAN, sampleKeys: ANY, site: UINT32 };

/**
 * Inverted dropout: zeroes random elements and divides the others by `1 − rate`.
 *
 * Element `j` of sample `i` is kept where `uniform(sampleKeys[i], site, j) ≥ rate`, so a mask depends neither on the
 * batch nor on the backend. Only the mask is kept for the backward pass.
 *
 * @param x - `[batch, ...]`, float32. Not disposed.
 * @returns Same shape as `x`, a new tensor owned by the caller.
 * @throws RangeError if `rate` is outside [0, 1) or there is not one key per row; TypeError if keys are missing.
 * @see Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html
 *
 * @example
 * import { siteOf } from "sample-keys";
 *
 * const y = dropout(tf.ones([1, 8]), { rate: 0.5, training: true, sampleKeys: [7], site: siteOf("drop") });
 */
export function dropout<T extends tf.Tensor>(x: T, options: DropoutOptions): T {
  const { rate, training, sampleKeys, site } = requireOptions("dropout", options, CHECKS);
  if (!training || rate === 0) return tf.clone(x);
  if (sampleKeys === undefined) {
    throw new TypeError("dropout: training needs sampleKeys, one per row of the batch, got none");
  }
  const batch = x.shape[0] ?? 1;
  const keys = sampleKeys instanceof tf.Tensor ? sampleKeys.size : sampleKeys.length;
  if (keys !== batch) {
    throw new RangeError(`dropout: expected ${batch} sampleKeys for [${x.shape}], got ${keys}`);
  }
  if (x.size === 0) return tf.clone(x);
  return customOp([x], (v) => {
    const size = x.size / batch;
    const keeps = (drawn: number): boolean => drawn >= rate;
    const drawn = keyedMask("dropout", { sampleKeys, site, size, factor: 1 / (1 - rate), keeps });
    const mask = tf.reshape(drawn, x.shape);
    return withGradient({
      value: tf.mul(v, mask),
      saved: [mask],
      backward: (dy, [kept]) => [tf.mul(dy, kept)],
    });
  }) as T; // rank unchanged
}
