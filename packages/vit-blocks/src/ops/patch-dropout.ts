import * as tf from "@tensorflow/tfjs-core";
import {
  BOOLEAN,
  type Check,
  type Checks,
  COUNT,
  check,
  integerFrom,
  optional,
  RATE,
  requireArguments,
  requireOptions,
  TENSOR,
  UINT32,
} from "known-options";
import { uniform } from "sample-keys";
import { type SampleKeys, takeRows } from "stochastic-depth";

/** Options of {@link keptPatches}. */
export interface KeptPatchesOptions {
  /** Share of the patches to drop, in [0, 1). */
  readonly rate: number;
  /** Patches of a sample. */
  readonly patches: number;
  /** One uint32 key per sample. */
  readonly sampleKeys: ArrayLike<number>;
  /** Site of the decision, from `siteOf`. */
  readonly site: number;
}

/** Options of {@link patchDropout}. */
export interface PatchDropoutOptions {
  /** Share of the patches to drop, in [0, 1). */
  readonly rate: number;
  /** Whether to drop patches; `false` makes the call an identity. */
  readonly training: boolean;
  /** One uint32 key per sample, on the host; required in training. */
  readonly sampleKeys?: SampleKeys;
  /** Site of the decision, from `siteOf`. */
  readonly site: number;
  /** Leading tokens that are always kept: class tokens and registers. Default 1. */
  readonly prefixTokens?: number;
}

const KEYS: Check = check(
  "one uint32 per row of the batch",
  (value) => ArrayBuffer.isView(value) || Array.isArray(value),
);
const KEPT: Checks<KeptPatchesOptions> = { rate: RATE, patches: COUNT, sampleKeys: KEYS, site: UINT32 };
const DROPOUT: Checks<PatchDropoutOptions> = {
  rate: RATE,
  training: BOOLEAN,
  sampleKeys: optional(KEYS),
  site: UINT32,
  prefixTokens: optional(integerFrom(0)),
};

/**
 * Draws the patches that each sample keeps: `max(1, floor(patches · (1 − rate)))` of them, those with the smallest
 * `uniform(sampleKey, site, patch)`, in ascending order.
 *
 * @returns A list of indices for each sample, counted from its first patch.
 * @throws RangeError for an option out of range; TypeError for an unknown option.
 *
 * @example
 * const kept = keptPatches({ rate: 0.5, patches: 4, sampleKeys: [7], site: 1 });
 * console.log(kept[0]!.length); // 2
 */
export function keptPatches(options: KeptPatchesOptions): number[][] {
  const { rate, patches, sampleKeys, site } = requireOptions("keptPatches", options, KEPT);
  const count = Math.max(1, Math.floor(patches * (1 - rate)));
  return Array.from(sampleKeys, (key) => {
    const draws = Array.from({ length: patches }, (_, patch) => uniform(key, site, patch));
    const order = draws.map((_, patch) => patch).sort((a, b) => draws[a]! - draws[b]!);
    return order.slice(0, count).sort((a, b) => a - b);
  });
}

/**
 * Patch dropout: leaves random patch tokens of each sample out, so that all that follows computes fewer tokens.
 *
 * `[batch, prefix + patches, dim]` → `[batch, prefix + kept, dim]` with the patches of {@link keptPatches}; a sample's patches depend on
 * its key, not on the batch. Tokens are not rescaled. They stay in their order, as with timm's `ordered=True`. The gradient of what is
 * left out is zero.
 *
 * @param x - `[batch, tokens, dim]`, float32. Not disposed.
 * @returns A new tensor owned by the caller.
 * @throws RangeError if there is no patch after the prefix, `rate` is outside [0, 1), or there is not one key per row; TypeError if
 * keys are missing.
 * @see Liu et al. 2022, "PatchDropout", https://arxiv.org/abs/2208.07220; timm's `PatchDropout`
 *
 * @example
 * import { siteOf } from "sample-keys";
 *
 * const options = { rate: 0.5, training: true, sampleKeys: [7], site: siteOf("patch_drop") };
 * console.log(patchDropout(tf.ones([1, 197, 8]), options).shape); // [1, 99, 8]
 */
export function patchDropout(x: tf.Tensor, options: PatchDropoutOptions): tf.Tensor {
  const {
    rate,
    training,
    sampleKeys,
    site,
    prefixTokens = 1,
  } = requireOptions("patchDropout", options, DROPOUT);
  requireArguments("patchDropout", { x }, { x: TENSOR });
  const [batch = 0, tokens = 0, dim = 0] = x.shape;
  if (x.rank !== 3 || tokens <= prefixTokens) {
    throw new RangeError(
      `patchDropout: x must be [batch, more than ${prefixTokens} tokens, dim], got [${x.shape}]`,
    );
  }
  if (!training || rate === 0) return tf.clone(x);
  if (sampleKeys === undefined) {
    throw new TypeError("patchDropout: training needs sampleKeys, one per row of the batch, got none");
  }
  if (sampleKeys instanceof tf.Tensor) {
    throw new TypeError(
      "patchDropout: sampleKeys must be numbers of the host, got a tensor: patches are not drawn on the GPU yet",
    );
  }
  if (sampleKeys.length !== batch) {
    throw new RangeError(
      `patchDropout: expected ${batch} sampleKeys for [${x.shape}], got ${sampleKeys.length}`,
    );
  }
  const kept = keptPatches({ rate, patches: tokens - prefixTokens, sampleKeys, site });
  const prefix = Array.from({ length: prefixTokens }, (_, token) => token);
  const each = kept.map((patches) => [...prefix, ...patches.map((patch) => prefixTokens + patch)]);
  const rows = each.flatMap((places, sample) => places.map((token) => sample * tokens + token));
  return tf.tidy(() => {
    const taken = takeRows(tf.reshape(x, [batch * tokens, dim]), rows);
    return tf.reshape(taken, [batch, rows.length / batch, dim]);
  });
}
