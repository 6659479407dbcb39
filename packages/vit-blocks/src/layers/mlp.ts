import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, COUNT, optional, RATE } from "known-options";
import { siteOf } from "sample-keys";
import { rowKeys } from "stochastic-depth";
import { glorotUniform } from "../initializer.ts";
import { dropout } from "../ops/dropout.ts";
import { gelu } from "../ops/gelu.ts";
import { linear } from "../ops/linear.ts";
import {
  SEEDED_OPTIONS,
  type SeededArgs,
  SeededLayer,
  single,
  singleShape,
  TIMM_NORMAL,
  ZEROS,
} from "./base.ts";

/** Config of {@link Mlp}. */
export interface MlpArgs extends SeededArgs {
  /** Hidden dimension. */
  hiddenDim: number;
  /** Dropout rate after each product, in [0, 1). Default 0. */
  dropRate?: number;
}

const CHECKS: Checks<MlpArgs> = { ...SEEDED_OPTIONS, hiddenDim: COUNT, dropRate: optional(RATE) };

/**
 * Feed-forward part of a transformer block: `y = drop(drop(gelu(x · fc1)) · fc2)`, with the exact `gelu`.
 *
 * `[..., dim]` → `[..., dim]`. Weights: `fc1.kernel` `[dim, hiddenDim]`, `fc1.bias`, `fc2.kernel`, `fc2.bias`.
 *
 * @throws RangeError if `hiddenDim` is not an integer ≥ 1 or `dropRate` outside [0, 1).
 * @see Dosovitskiy et al. 2020, appendix A, https://arxiv.org/abs/2010.11929
 *
 * @example
 * const y = new Mlp({ hiddenDim: 768 }).apply(tf.ones([1, 198, 192])); // [1, 198, 192]
 */
export class Mlp extends SeededLayer<MlpArgs> {
  static readonly className: string = "Mlp";
  readonly hiddenDim: number;
  readonly dropRate: number;
  private draws = 0;

  constructor(args: MlpArgs) {
    super("Mlp", args, CHECKS);
    this.hiddenDim = args.hiddenDim;
    this.dropRate = args.dropRate ?? 0;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const dim = singleShape(inputShape).at(-1)!;
    const shapes = { fc1: [dim, this.hiddenDim], fc2: [this.hiddenDim, dim] };
    for (const [name, shape] of Object.entries(shapes)) {
      const first = this.init === "timm" ? TIMM_NORMAL : glorotUniform(shape);
      this.addSeeded(`${name}.kernel`, shape, first);
      this.addSeeded(`${name}.bias`, [shape[1]!], ZEROS);
    }
    this.built = true;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return singleShape(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      const drop = this.dropper(x.shape[0]!, kwargs ?? {});
      const hidden = gelu(linear(x, this.weight("fc1.kernel"), this.weight("fc1.bias")));
      return drop(linear(drop(hidden, "drop1"), this.weight("fc2.kernel"), this.weight("fc2.bias")), "drop2");
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), hiddenDim: this.hiddenDim, dropRate: this.dropRate };
  }

  private dropper(
    batch: number,
    kwargs: Record<string, unknown>,
  ): (x: tf.Tensor, place: string) => tf.Tensor {
    const rate = this.dropRate;
    if (rate === 0 || kwargs.training !== true) return (x) => x;
    const sampleKeys = rowKeys({ kwargs, batch, seed: this.seed, call: this.draws++ });
    return (x, place) =>
      dropout(x, { rate, training: true, sampleKeys, site: siteOf(`${this.name}.${place}`) });
  }
}

tf.serialization.registerClass(Mlp);
