import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, optional, POSITIVE } from "known-options";
import { SEEDED_OPTIONS, type SeededArgs, SeededLayer, single, singleShape } from "./base.ts";

/** Config of {@link LayerScale}. */
export interface LayerScaleArgs extends SeededArgs {
  /** First value of the factors, > 0. Default 1e-5. */
  initValues?: number;
}

const CHECKS: Checks<LayerScaleArgs> = { ...SEEDED_OPTIONS, initValues: optional(POSITIVE) };

/**
 * LayerScale: a learned factor for each channel of a residual branch, small at first, which lets deep models train.
 *
 * `[..., dim]` → same shape, `y = x · gamma`. Weight: `gamma` `[dim]`, initialized with `initValues`.
 *
 * @throws RangeError if `initValues` is not positive.
 * @see Touvron et al. 2021, "Going deeper with Image Transformers", section 2, https://arxiv.org/abs/2103.17239
 *
 * @example
 * const y = new LayerScale({ initValues: 1e-6 }).apply(tf.ones([1, 197, 192])); // [1, 197, 192]
 */
export class LayerScale extends SeededLayer<LayerScaleArgs> {
  static readonly className: string = "LayerScale";
  readonly initValues: number;

  constructor(args: LayerScaleArgs = {}) {
    super("LayerScale", args, CHECKS);
    this.initValues = args.initValues ?? 1e-5;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const dim = singleShape(inputShape).at(-1)!;
    this.addSeeded("gamma", [dim], { kind: "constant", value: this.initValues });
    this.built = true;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return singleShape(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return tf.mul(single(inputs), this.weight("gamma"));
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), initValues: this.initValues };
  }
}

tf.serialization.registerClass(LayerScale);
