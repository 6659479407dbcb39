import * as tf from "@tensorflow/tfjs-core";
import { customOp, type Forward, hasKernel, runKernel, withGradient } from "kernel-contract";
import {
  type Checks,
  COUNT,
  optional,
  POSITIVE,
  requireArguments,
  requireOptions,
  TENSOR,
} from "known-options";

/** Options of {@link groupNorm}. */
export interface GroupNormOptions {
  /** Number of groups; must divide the number of channels. Default 32. */
  readonly groups?: number;
  /** Constant added to the variance, > 0. Default 1e-5. */
  readonly epsilon?: number;
}

const CHECKS: Checks<GroupNormOptions> = { groups: optional(COUNT), epsilon: optional(POSITIVE) };

/**
 * Group normalization, channels last: `y = (x − mean) · rstd · gamma + beta`, `rstd = 1 / sqrt(variance + epsilon)`,
 * with the mean and biased variance over all positions and channels of a group, for each sample.
 *
 * `x`, `gamma` and two numbers per group are saved for the backward pass. Runs the kernels `GroupNorm` and `GroupNormGrad`
 * where the backend has them.
 *
 * @param x - `[batch, ..., channels]`, float32, rank ≥ 2. Not disposed.
 * @param gamma - `[channels]`. Not disposed.
 * @param beta - `[channels]`. Not disposed.
 * @returns Same shape as `x`, a new tensor owned by the caller.
 * @throws RangeError if the shapes do not fit, the groups do not divide the channels, or `epsilon` is not positive.
 * @see Wu and He 2018, "Group Normalization", https://arxiv.org/abs/1803.08494
 *
 * @example
 * const y = groupNorm(tf.ones([1, 7, 7, 64]), tf.ones([64]), tf.zeros([64]), { groups: 32 }); // zeros
 */
export function groupNorm<T extends tf.Tensor>(
  x: T,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  options: GroupNormOptions = {},
): T {
  const { groups = 32, epsilon = 1e-5 } = requireOptions("groupNorm", options, CHECKS);
  requireArguments("groupNorm", { x, gamma, beta }, { x: TENSOR, gamma: TENSOR, beta: TENSOR });
  const channels = x.shape.at(-1) ?? 0;
  if (x.rank < 2 || channels % groups !== 0) {
    throw new RangeError(
      `groupNorm: x must be [batch, ..., channels] with channels in ${groups} groups, got [${x.shape}]`,
    );
  }
  for (const [name, { shape }] of Object.entries({ gamma, beta })) {
    if (shape.length !== 1 || shape[0] !== channels) {
      throw new RangeError(`groupNorm: ${name} must be [${channels}] for x [${x.shape}], got [${shape}]`);
    }
  }
  const forward = hasKernel("GroupNorm", "GroupNormGrad") ? withKernel : composite;
  return customOp([x, gamma, beta], (v, g, b) => forward(v, g, b, groups, epsilon)) as T; // rank unchanged
}

function withKernel(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  groups: number,
  epsilon: number,
): Forward {
  const [y, mean, rstd] = runKernel("GroupNorm", { x, gamma, beta }, { groups, epsilon });
  return withGradient({
    value: y,
    saved: [x, gamma, mean, rstd],
    backward: (dy, [v, g, m, r]) =>
      runKernel("GroupNormGrad", { x: v, gamma: g, mean: m, rstd: r, dy }, { groups }),
  });
}

function composite(
  x: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  groups: number,
  epsilon: number,
): Forward {
  const channels = gamma.size;
  const pixels = tf.util.sizeFromShape(x.shape.slice(1, -1));
  const split = [x.shape[0]!, pixels, groups, channels / groups];
  const grouped = tf.reshape(x, split); // [batch, pixels, groups, size]
  const inGroup = (v: tf.Tensor) => tf.mean(v, [1, 3], true); // [batch, 1, groups, 1]
  const perChannel = (v: tf.Tensor) => tf.reshape(v, [groups, channels / groups]);
  const mean = inGroup(grouped);
  const centered = tf.sub(grouped, mean);
  const rstd = tf.rsqrt(tf.add(inGroup(tf.square(centered)), epsilon));
  const y = tf.add(tf.mul(tf.mul(centered, rstd), perChannel(gamma)), perChannel(beta));
  return withGradient({
    value: tf.reshape(y, x.shape),
    saved: [x, gamma, mean, rstd],
    backward: (dy, [v, g, m, r]) => {
      const slope = tf.reshape(dy, split);
      const normed = tf.mul(tf.sub(tf.reshape(v, split), m), r);
      const dNormed = tf.mul(slope, perChannel(g));
      const along = tf.mul(normed, inGroup(tf.mul(dNormed, normed)));
      const dx = tf.mul(r, tf.sub(tf.sub(dNormed, inGroup(dNormed)), along));
      const overPixels = (t: tf.Tensor) => tf.reshape(tf.sum(t, [0, 1]), [channels]);
      return [tf.reshape(dx, v.shape), overPixels(tf.mul(slope, normed)), overPixels(slope)];
    },
  });
}
