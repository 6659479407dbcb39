import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, FRACTION, LAYER_OPTIONS, optional, requireOptions, UINT32 } from "known-options";
import { siteOf } from "sample-keys";
import { rowKeys } from "./row-keys.ts";
import { stochasticDepth } from "./stochastic-depth.ts";

type LayerArgs = NonNullable<ConstructorParameters<typeof tfl.layers.Layer>[0]>;

/** Config of {@link StochasticDepth}. */
export interface StochasticDepthArgs extends LayerArgs {
  /** Probability of dropping a sample's branch, in [0, 1]. */
  dropProb: number;
  /** Seed of the masks where the caller passes no `sampleKeys` (plain `model.fit`), uint32. Default 0. */
  seed?: number;
}

const CHECKS: Checks<StochasticDepthArgs> = { ...LAYER_OPTIONS, dropProb: FRACTION, seed: optional(UINT32) };

/**
 * {@link stochasticDepth} as a layer without weights: an identity unless called with `training: true`.
 *
 * The mask is drawn at `siteOf(layer.name)` from the call's `sampleKeys`; without those from the layer's `seed` and a
 * count of its calls. Layers with equal names draw equal masks.
 *
 * @throws TypeError for an unknown option, RangeError if `dropProb` is outside [0, 1] or `seed` is not a uint32.
 * @see https://keras.io/examples/vision/deit/
 *
 * @example
 * const layer = new StochasticDepth({ dropProb: 0.1, name: "drop_path" });
 * const y = layer.apply(x, { training: true, sampleKeys: Uint32Array.of(7, 8) });
 */
export class StochasticDepth extends tfl.layers.Layer {
  static readonly className: string = "StochasticDepth";
  readonly dropProb: number;
  readonly seed: number;
  private draws = 0;

  constructor(args: StochasticDepthArgs) {
    super(requireOptions("StochasticDepth", args, CHECKS));
    this.dropProb = args.dropProb;
    this.seed = args.seed ?? 0;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    if (kwargs?.training !== true) return tf.clone(x);
    return stochasticDepth(x, {
      dropProb: this.dropProb,
      training: true,
      sampleKeys: rowKeys({ kwargs, batch: x.shape[0] ?? 1, seed: this.seed, call: this.draws++ }),
      site: siteOf(this.name),
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), dropProb: this.dropProb, seed: this.seed };
  }
}

tf.serialization.registerClass(StochasticDepth);
