import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, COUNT, LAYER_OPTIONS, optional, POSITIVE, requireOptions } from "known-options";
import { groupNorm } from "../ops/group-norm.ts";
import { type LayerArgs, single, singleShape } from "./base.ts";

/** Config of {@link GroupNorm}. */
export interface GroupNormArgs extends LayerArgs {
  /** Number of groups; must divide the number of channels. Default 32. */
  groups?: number;
  /** Constant added to the variance, > 0. Default 1e-5. */
  epsilon?: number;
}

const CHECKS: Checks<GroupNormArgs> = {
  ...LAYER_OPTIONS,
  groups: optional(COUNT),
  epsilon: optional(POSITIVE),
};

/**
 * {@link groupNorm} over `[batch, ..., channels]` as a layer. Weights: `gamma` and `beta`, `[channels]`, initialized with ones
 * and zeros.
 *
 * It differs from Keras' `GroupNormalization` in epsilon's default (1e-3 there).
 *
 * @throws RangeError if `groups` is not an integer ≥ 1 or does not divide the channels, or `epsilon` is not positive.
 * @see Wu and He 2018, https://arxiv.org/abs/1803.08494
 *
 * @example
 * const y = new GroupNorm({ groups: 8 }).apply(tf.ones([1, 7, 7, 64])); // [1, 7, 7, 64]
 */
export class GroupNorm extends tfl.layers.Layer {
  static readonly className: string = "GroupNorm";
  readonly groups: number;
  readonly epsilon: number;
  private gamma: tfl.LayerVariable | undefined;
  private beta: tfl.LayerVariable | undefined;

  constructor(args: GroupNormArgs = {}) {
    super(requireOptions("GroupNorm", args, CHECKS));
    this.groups = args.groups ?? 32;
    this.epsilon = args.epsilon ?? 1e-5;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const shape = singleShape(inputShape);
    const channels = shape.at(-1);
    if (!channels || channels % this.groups !== 0) {
      throw new RangeError(
        `GroupNorm: inputs must be [batch, ..., channels] with channels in ${this.groups} groups, got [${shape}]`,
      );
    }
    this.gamma = this.addWeight("gamma", [channels], "float32", tfl.initializers.ones(), undefined, true);
    this.beta = this.addWeight("beta", [channels], "float32", tfl.initializers.zeros(), undefined, true);
    this.built = true;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return singleShape(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { groups, epsilon } = this;
    return groupNorm(single(inputs), this.gamma!.read(), this.beta!.read(), { groups, epsilon });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), groups: this.groups, epsilon: this.epsilon };
  }
}

tf.serialization.registerClass(GroupNorm);
