import type * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, LAYER_OPTIONS, oneOf, optional, requireOptions, UINT32 } from "known-options";
import { type Distribution, type Init, KeyedInitializer } from "../initializer.ts";

/** Config of tfjs' own layers: `name`, `trainable`, `inputShape`, … */
export type LayerArgs = NonNullable<ConstructorParameters<typeof tfl.layers.Layer>[0]>;

/** Config shared by all layers with weights. */
export interface SeededArgs extends LayerArgs {
  /** Seed of the initial weights, and of dropout without `sampleKeys`; uint32. Default 0. */
  seed?: number;
  /** Library whose initialization is used. Default `"keras"`. */
  init?: Init;
}

/** Checks of {@link SeededArgs}; a layer adds its own. */
export const SEEDED_OPTIONS: Checks<SeededArgs> = {
  ...LAYER_OPTIONS,
  seed: optional(UINT32),
  init: optional(oneOf("keras", "timm")),
};

/** A layer whose initial weights are a function of its seed and its name. */
export abstract class SeededLayer<Args extends SeededArgs = SeededArgs> extends tfl.layers.Layer {
  readonly seed: number;
  readonly init: Init;
  private readonly byName = new Map<string, tfl.LayerVariable>();

  /** @throws TypeError for a key that `checks` does not have, RangeError for a value that does not fit. */
  constructor(caller: string, args: Args, checks: Checks<Args>) {
    super(requireOptions(caller, args, checks));
    this.seed = args.seed ?? 0;
    this.init = args.init ?? "keras";
  }

  protected addSeeded(
    name: string,
    shape: number[],
    distribution: Distribution | ((index: number) => Distribution),
  ): tfl.LayerVariable {
    const initializer = new KeyedInitializer(distribution, this.seed, `${this.name}/${name}`);
    const weight = this.addWeight(name, shape, "float32", initializer, undefined, true);
    this.byName.set(name, weight);
    return weight;
  }

  /** Returns the value of a weight by its name in the layer. It stays the layer's. */
  weight(name: string): tf.Tensor {
    return this.byName.get(name)!.read();
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), seed: this.seed, init: this.init };
  }
}

/** Zeros: biases and Keras' tokens. */
export const ZEROS: Distribution = { kind: "constant", value: 0 };
/** Ones: the gains of normalizations. */
export const ONES: Distribution = { kind: "constant", value: 1 };
/** timm's `trunc_normal_(std=.02)`. */
export const TIMM_NORMAL: Distribution = { kind: "normal", deviation: 0.02 };

/** Returns the only input of a layer. */
export function single(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
  return Array.isArray(inputs) ? inputs[0]! : inputs;
}

/** Returns the only input shape of a layer. */
export function singleShape(shape: tfl.Shape | tfl.Shape[]): tfl.Shape {
  return (Array.isArray(shape[0]) ? shape[0] : shape) as tfl.Shape; // tfjs passes a list for several inputs
}
