import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { KeyedInitializer } from "vit-blocks";

/** Learned tokens in front of the others, without a position: "Vision Transformers Need Registers", https://arxiv.org/abs/2309.16588 */
export class Registers extends tfl.layers.Layer {
  static readonly className: string = "Registers";
  private readonly count: number;
  private tokens: tfl.LayerVariable | undefined;

  constructor(args: { count: number; name: string }) {
    super(args);
    this.count = args.count;
  }
  override build([, , dim]: tfl.Shape): void {
    const initial = new KeyedInitializer({ kind: "normal", deviation: 0.02 }, 0, `${this.name}/tokens`);
    this.tokens = this.addWeight("reg_token", [1, this.count, dim!], "float32", initial);
    this.built = true;
  }
  override computeOutputShape([batch, tokens, dim]: tfl.Shape): tfl.Shape {
    return [batch!, tokens! + this.count, dim!];
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const x = Array.isArray(inputs) ? inputs[0]! : inputs;
    return tf.tidy(() => tf.concat([tf.tile(this.tokens!.read(), [x.shape[0]!, 1, 1]), x], 1));
  }
  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), count: this.count };
  }
}
tf.serialization.registerClass(Registers); // for tf.loadLayersModel
