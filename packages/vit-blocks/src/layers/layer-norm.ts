import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, optional, POSITIVE } from "known-options";
import { layerNorm } from "../ops/layer-norm.ts";
import { ONES, SEEDED_OPTIONS, type SeededArgs, SeededLayer, single, singleShape, ZEROS } from "./base.ts";

/** Config of {@link LayerNorm}. */
export interface LayerNormArgs extends SeededArgs {
  /** Constant added to the variance, > 0. Default 1e-6. */
  epsilon?: number;
}

const CHECKS: Checks<LayerNormArgs> = { ...SEEDED_OPTIONS, epsilon: optional(POSITIVE) };

/**
 * {@link layerNorm} over the last axis as a layer. Weights: `gamma` and `beta`, `[dim]`, initialized with ones and zeros.
 *
 * It differs from `tf.layers.layerNormalization` in epsilon's default and in what it saves for the backward pass: its
 * input and two numbers per row.
 *
 * @throws RangeError if `epsilon` is not positive.
 * @see Ba et al. 2016, https://arxiv.org/abs/1607.06450
 *
 * @example
 * const y = new LayerNorm({ epsilon: 1e-6 }).apply(tf.ones([1, 198, 192])); // [1, 198, 192]
 */
export class LayerNorm extends SeededLayer<LayerNormArgs> {
  static readonly className: string = "LayerNorm";
  readonly epsilon: number;

  constructor(args: LayerNormArgs = {}) {
    super("LayerNorm", args, CHECKS);
    this.epsilon = args.epsilon ?? 1e-6;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const dim = singleShape(inputShape).at(-1)!;
    this.addSeeded("gamma", [dim], ONES);
    this.addSeeded("beta", [dim], ZEROS);
    this.built = true;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return singleShape(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return layerNorm(single(inputs), this.weight("gamma"), this.weight("beta"), this.epsilon);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), epsilon: this.epsilon };
  }
}

tf.serialization.registerClass(LayerNorm);
