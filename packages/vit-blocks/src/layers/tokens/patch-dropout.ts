import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import {
  type Checks,
  integerFrom,
  LAYER_OPTIONS,
  optional,
  RATE,
  requireOptions,
  UINT32,
} from "known-options";
import { siteOf } from "sample-keys";
import { rowKeys } from "stochastic-depth";
import { patchDropout } from "../../ops/patch-dropout.ts";
import { type LayerArgs, single } from "../base.ts";

/** Config of {@link PatchDropout}. */
export interface PatchDropoutArgs extends LayerArgs {
  /** Share of the patches to drop in training, in [0, 1). */
  rate: number;
  /** Leading tokens that are always kept: class tokens and registers. Default 1. */
  prefixTokens?: number;
  /** Seed of the draws where the caller passes no `sampleKeys`, uint32. Default 0. */
  seed?: number;
}

const CHECKS: Checks<PatchDropoutArgs> = {
  ...LAYER_OPTIONS,
  rate: RATE,
  prefixTokens: optional(integerFrom(0)),
  seed: optional(UINT32),
};

/**
 * {@link patchDropout} as a layer, an identity unless called with `training: true`: after the position embedding, it leaves random
 * patches out, and training costs less.
 *
 * `[batch, tokens, dim]` → the same, with fewer tokens in training. Draws depend on the call's `sampleKeys` and the layer's name. The
 * static shape is that of evaluation: blocks after it need `fewerTokens: true`.
 *
 * @throws RangeError if `rate` is outside [0, 1).
 * @see Liu et al. 2022, https://arxiv.org/abs/2208.07220
 *
 * @example
 * const layer = new PatchDropout({ rate: 0.5, name: "patch_drop" });
 * const kept = layer.apply(tf.ones([1, 197, 192]), { training: true, sampleKeys: [7] }); // [1, 99, 192]
 */
export class PatchDropout extends tfl.layers.Layer {
  static readonly className: string = "PatchDropout";
  readonly rate: number;
  readonly prefixTokens: number;
  readonly seed: number;
  private draws = 0;

  constructor(args: PatchDropoutArgs) {
    super(requireOptions("PatchDropout", args, CHECKS));
    this.rate = args.rate;
    this.prefixTokens = args.prefixTokens ?? 1;
    this.seed = args.seed ?? 0;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const x = single(inputs);
    const { rate, prefixTokens, seed } = this;
    const options = { rate, prefixTokens, site: siteOf(this.name) };
    if (kwargs?.training !== true) return patchDropout(x, { ...options, training: false });
    const sampleKeys = rowKeys({ kwargs, batch: x.shape[0]!, seed, call: this.draws++ });
    return patchDropout(x, { ...options, training: true, sampleKeys });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { rate, prefixTokens, seed } = this;
    return { ...super.getConfig(), rate, prefixTokens, seed };
  }
}

tf.serialization.registerClass(PatchDropout);
