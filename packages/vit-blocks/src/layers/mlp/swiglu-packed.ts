import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { Distribution } from "../../initializer.ts";
import { ONES, single, singleShape, TIMM_NORMAL, ZEROS } from "../base.ts";
import { type MlpArgs, MlpLayer } from "./mlp-layer.ts";

const TINY: Distribution = { kind: "normal", deviation: 1e-6 };

/**
 * {@link SwiGlu} whose two first products are one: `y = drop(drop(act(a) ∘ b) · fc2)`, a and b the halves of `x · fc1`.
 *
 * `[..., dim]` → `[..., dim]`. Weights as timm's `SwiGLUPacked`: `fc1.kernel` `[dim, hiddenDim]`, `fc2.kernel` `[hiddenDim / 2, dim]`, and
 * their biases. `init: "timm"` starts the second half of `fc1` as timm's: bias 1, kernel normal of standard deviation 1e-6.
 *
 * @throws RangeError if `hiddenDim` is not an even integer ≥ 2, `dropRate` outside [0, 1) or `actLayer` unknown.
 * @see Shazeer 2020, https://arxiv.org/abs/2002.05202; DINOv2's giant has it, https://arxiv.org/abs/2304.07193
 *
 * @example
 * const y = new SwiGluPacked({ hiddenDim: 1024 }).apply(tf.ones([1, 198, 192])); // [1, 198, 192]
 */
export class SwiGluPacked extends MlpLayer {
  static readonly className: string = "SwiGluPacked";

  constructor(args: MlpArgs) {
    super("SwiGluPacked", args, "silu");
    if (this.hiddenDim % 2 !== 0) {
      throw new RangeError(`SwiGluPacked: hiddenDim must be even, got ${this.hiddenDim}`);
    }
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const dim = singleShape(inputShape).at(-1)!;
    const width = this.hiddenDim;
    const isSecond = (column: number) => column % width >= width / 2;
    const timm = {
      kernel: (index: number) => (isSecond(index) ? TINY : TIMM_NORMAL),
      bias: (index: number) => (isSecond(index) ? ONES : ZEROS),
    };
    this.addDense("fc1", [dim, width], this.init === "timm" ? timm : {});
    this.addDense("fc2", [width / 2, dim]);
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      const drop = this.dropper(x.shape[0]!, kwargs);
      const [gate, value] = tf.split(this.dense(x, "fc1"), 2, -1) as [tf.Tensor, tf.Tensor];
      return drop(this.dense(drop(tf.mul(this.act(gate), value), "drop1"), "fc2"), "drop2");
    });
  }
}

tf.serialization.registerClass(SwiGluPacked);
