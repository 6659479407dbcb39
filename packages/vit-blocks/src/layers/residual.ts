import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { LAYER_OPTIONS, requireOptions } from "known-options";
import { residualAdd } from "../ops/residual-add.ts";
import type { LayerArgs } from "./base.ts";

/**
 * {@link residualAdd} as a layer: the sum of two inputs of equal shape, as `tf.layers.add`, with nothing saved for the
 * backward pass.
 *
 * @example
 * const y = new Residual({ name: "add1" }).apply([x, branch]);
 */
export class Residual extends tfl.layers.Layer {
  static readonly className: string = "Residual";

  constructor(args: LayerArgs = {}) {
    super(requireOptions("Residual", args, LAYER_OPTIONS));
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    return (inputShape as tfl.Shape[])[0]!; // a layer of two inputs gets a list
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const [x, branch] = inputs as [tf.Tensor, tf.Tensor];
    return residualAdd(x, branch);
  }
}

tf.serialization.registerClass(Residual);
