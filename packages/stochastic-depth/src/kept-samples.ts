import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import {
  BOOLEAN,
  type Checks,
  FRACTION,
  LAYER_OPTIONS,
  optional,
  requireOptions,
  UINT32,
} from "known-options";
import { siteOf } from "sample-keys";
import { type DropOptions, dropMask, dropMaskTensor, keptRows } from "./drop-mask.ts";
import { isTensor } from "./keys.ts";
import { rowKeys } from "./row-keys.ts";
import { leavesRowsOut, takeRows } from "./row-ops.ts";
import type { StochasticDepthArgs } from "./stochastic-depth-layer.ts";

/** Config of {@link KeptSamples}. */
export interface KeptSamplesArgs extends StochasticDepthArgs {
  /**
   * Whether dropped samples are left out. `false` for branches in which samples depend on each other (batch normalization)
   * or draw from `sampleKeys` (dropout): those compute all samples. Default `true`.
   */
  skip?: boolean;
}

const CHECKS: Checks<KeptSamplesArgs> = {
  ...LAYER_OPTIONS,
  dropProb: FRACTION,
  seed: optional(UINT32),
  skip: optional(BOOLEAN),
};

/**
 * First half of stochastic depth that does not compute what it drops: the samples of a batch whose branch is kept. The second
 * half is `KeptResidual`.
 *
 * `[batch, ...]` → `[kept, ...]` and the mask `[batch]`: 0, or `1 / (1 − dropProb)` for a sample that is kept. Masks are those
 * of `StochasticDepth` with the same name, seed and keys. All samples are returned outside training, with `skip: false`, and on
 * WebGL and WebGPU, which compile programs for shapes, and for `sampleKeys` that are a tensor; where none is kept the first is, without effect. The gradient of a sample
 * that is left out is zero.
 *
 * @throws TypeError for an unknown option, RangeError if `dropProb` is outside [0, 1] or `seed` is not a uint32.
 * @see Huang et al. 2016, https://arxiv.org/abs/1603.09382; rows are left out of the batch as in DINOv2,
 * https://arxiv.org/abs/2304.07193, section 5, but each sample is drawn alone, whatever the batch.
 *
 * @example
 * const keep = new KeptSamples({ dropProb: 0.5, name: "drop_path" });
 * const [kept, mask] = keep.apply(x, { training: true, sampleKeys: [7, 8] }) as tf.Tensor[];
 * const y = new KeptResidual().apply([x, tf.tanh(kept!), mask!]);
 */
export class KeptSamples extends tfl.layers.Layer {
  static readonly className: string = "KeptSamples";
  readonly dropProb: number;
  readonly seed: number;
  readonly skip: boolean;
  private draws = 0;

  constructor(args: KeptSamplesArgs) {
    super(requireOptions("KeptSamples", args, CHECKS));
    this.dropProb = args.dropProb;
    this.seed = args.seed ?? 0;
    this.skip = args.skip ?? true;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape[] {
    const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as tfl.Shape;
    return [[null, ...shape.slice(1)], [null]];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor[] {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    const batch = x.shape[0]!;
    if (kwargs?.training === true && this.dropProb > 0 && isTensor(kwargs.sampleKeys)) {
      return [tf.clone(x), dropMaskTensor("KeptSamples", x.shape, this.#optionsOf(x.shape, kwargs))];
    }
    const mask = this.draw(x.shape, kwargs);
    if (mask === undefined) return [tf.clone(x), tf.ones([batch])];
    const kept = keptRows(mask);
    const rows = kept.length > 0 || batch === 0 ? kept : [0]; // tfjs' own kernels fail on an empty batch
    const all = !this.skip || rows.length === batch || !leavesRowsOut();
    return [all ? tf.clone(x) : takeRows(x, rows), tf.tensor1d(mask)];
  }

  /**
   * Draws the mask of one call, `[batch]`, for code that computes the branch itself: 0, or the factor of a sample that is kept.
   *
   * @param shape - Of the call's input, `[batch, ...]`.
   * @param kwargs - The call's, with `training` and `sampleKeys`.
   * @returns The mask, `undefined` if nothing is dropped.
   */
  draw(
    shape: readonly number[],
    kwargs: Readonly<Record<string, unknown>> | undefined,
  ): Float32Array | undefined {
    if (kwargs?.training !== true || this.dropProb === 0) return undefined;
    return dropMask("KeptSamples", shape, this.#optionsOf(shape, kwargs));
  }

  #optionsOf(shape: readonly number[], kwargs: Readonly<Record<string, unknown>>): DropOptions {
    const { dropProb, seed } = this;
    const sampleKeys = rowKeys({ kwargs, batch: shape[0]!, seed, call: this.draws++ });
    return { dropProb, sampleKeys, site: siteOf(this.name) };
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), dropProb: this.dropProb, seed: this.seed, skip: this.skip };
  }
}

tf.serialization.registerClass(KeptSamples);
