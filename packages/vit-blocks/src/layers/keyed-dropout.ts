import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, LAYER_OPTIONS, optional, RATE, requireOptions, UINT32 } from "known-options";
import { siteOf } from "sample-keys";
import { rowKeys } from "stochastic-depth";
import { dropout } from "../ops/dropout.ts";
import { type LayerArgs, single } from "./base.ts";

/** Config of {@link KeyedDropout}. */
export interface KeyedDropoutArgs extends LayerArgs {
  /** Probability of zeroing an element, in [0, 1). */
  rate: number;
  /** Seed of the masks where the caller passes no `sampleKeys`, uint32. Default 0. */
  seed?: number;
}

const CHECKS: Checks<KeyedDropoutArgs> = { ...LAYER_OPTIONS, rate: RATE, seed: optional(UINT32) };

/**
 * {@link dropout} as a layer, an identity unless called with `training: true`. Masks depend on the call's `sampleKeys` and
 * the layer's name, not on the batch.
 *
 * @throws RangeError if `rate` is outside [0, 1).
 * @see Srivastava et al. 2014, https://jmlr.org/papers/v15/srivastava14a.html
 *
 * @example
 * const y = new KeyedDropout({ rate: 0.1, name: "drop" }).apply(x, { training: true, sampleKeys: [7, 8] });
 */
export class KeyedDropout extends tfl.layers.Layer {
  static readonly className: string = "KeyedDropout";
  readonly rate: number;
  readonly seed: number;
  private draws = 0;

  constructor(args: KeyedDropoutArgs) {
    super(requireOptions("KeyedDropout", args, CHECKS));
    this.rate = args.rate;
    this.seed = args.seed ?? 0;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const x = single(inputs);
    if (kwargs?.training !== true) return tf.clone(x);
    const sampleKeys = rowKeys({ kwargs, batch: x.shape[0]!, seed: this.seed, call: this.draws++ });
    return dropout(x, { rate: this.rate, training: true, sampleKeys, site: siteOf(this.name) });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), rate: this.rate, seed: this.seed };
  }
}

tf.serialization.registerClass(KeyedDropout);
