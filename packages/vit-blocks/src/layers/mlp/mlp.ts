import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { single, singleShape } from "../base.ts";
import { type MlpArgs, MlpLayer } from "./mlp-layer.ts";

/**
 * Feed-forward part of a transformer block: `y = drop(drop(act(x · fc1)) · fc2)`; `act` is the exact `gelu` by default.
 *
 * `[..., dim]` → `[..., dim]`. Weights: `fc1.kernel` `[dim, hiddenDim]`, `fc1.bias`, `fc2.kernel`, `fc2.bias`.
 *
 * @throws RangeError if `hiddenDim` is not an integer ≥ 1, `dropRate` outside [0, 1) or `actLayer` unknown.
 * @see Dosovitskiy et al. 2020, appendix A, https://arxiv.org/abs/2010.11929
 *
 * @example
 * const y = new Mlp({ hiddenDim: 768 }).apply(tf.ones([1, 198, 192])); // [1, 198, 192]
 */
export class Mlp extends MlpLayer {
  static readonly className: string = "Mlp";

  constructor(args: MlpArgs) {
    super("Mlp", args, "gelu");
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const dim = singleShape(inputShape).at(-1)!;
    this.addDense("fc1", [dim, this.hiddenDim]);
    this.addDense("fc2", [this.hiddenDim, dim]);
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      const drop = this.dropper(x.shape[0]!, kwargs);
      return drop(this.dense(drop(this.act(this.dense(x, "fc1")), "drop1"), "fc2"), "drop2");
    });
  }
}

tf.serialization.registerClass(Mlp);
