import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { ONES, single, singleShape } from "../base.ts";
import { type MlpArgs, MlpLayer } from "./mlp-layer.ts";

/**
 * Gated MLP: `y = drop(drop(act(x · fc1_g) ∘ (x · fc1_x)) · fc2)`; `act` is SiLU by default, which makes it SwiGLU.
 *
 * `[..., dim]` → `[..., dim]`. Weights as timm's `SwiGLU`: `fc1_g.kernel` and `fc1_x.kernel` `[dim, hiddenDim]`, `fc2.kernel` `[hiddenDim,
 * dim]`, and their biases. Three matrices: with `hiddenDim` 8/3 of `dim` it has the parameters of an {@link Mlp} of 4 times `dim`.
 * `init: "timm"` starts the gate as timm's: bias 1, kernel normal of standard deviation 1e-6. (timm's `Block` passes its own
 * activation, GELU unless `act_layer` says otherwise.)
 *
 * @throws RangeError if `hiddenDim` is not an integer ≥ 1, `dropRate` outside [0, 1) or `actLayer` unknown.
 * @see Shazeer 2020, "GLU Variants Improve Transformer", https://arxiv.org/abs/2002.05202
 *
 * @example
 * const y = new SwiGlu({ hiddenDim: 512 }).apply(tf.ones([1, 198, 192])); // [1, 198, 192]
 */
export class SwiGlu extends MlpLayer {
  static readonly className: string = "SwiGlu";

  constructor(args: MlpArgs) {
    super("SwiGlu", args, "silu");
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const dim = singleShape(inputShape).at(-1)!;
    const gate = { kernel: { kind: "normal", deviation: 1e-6 }, bias: ONES } as const;
    this.addDense("fc1_g", [dim, this.hiddenDim], this.init === "timm" ? gate : {});
    this.addDense("fc1_x", [dim, this.hiddenDim]);
    this.addDense("fc2", [this.hiddenDim, dim]);
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      const drop = this.dropper(x.shape[0]!, kwargs);
      const hidden = tf.mul(this.act(this.dense(x, "fc1_g")), this.dense(x, "fc1_x"));
      return drop(this.dense(drop(hidden, "drop1"), "fc2"), "drop2");
    });
  }
}

tf.serialization.registerClass(SwiGlu);
