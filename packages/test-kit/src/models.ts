import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";

/** Adds noise of this deviation to all weights of a model, so that none is 0 and nothing vanishes by symmetry. */
export function stir(model: tfl.LayersModel, deviation: number): void {
  for (const [i, weight] of model.weights.entries()) {
    const noise = tf.randomNormal(weight.shape as number[], 0, deviation, "float32", i + 1);
    weight.write(tf.add(weight.read(), noise));
  }
}
