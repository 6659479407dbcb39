import * as tf from "@tensorflow/tfjs-core";
import type { LayersModel } from "@tensorflow/tfjs-layers";

/** Called within a backward pass with a variable's gradient, which is not to be kept. */
export type OnGradient = (variableName: string, gradient: tf.Tensor) => void;

/**
 * Runs a forward pass whose backward pass calls back with the gradient of each of a model's weights as soon as it is known, which tfjs
 * itself returns at the end only. Weights that are read more than once, or not by their layer, are left out.
 */
export function watchGradients<T>(model: LayersModel, onGradient: OnGradient, forward: () => T): T {
  const reads = new Map<string, number>();
  const watched = model.trainableWeights.map((weight) => {
    const { read } = weight;
    const own = Object.hasOwn(weight, "read");
    weight.read = () => {
      const variable = read.call(weight) as tf.Variable;
      const { name } = variable;
      reads.set(name, (reads.get(name) ?? 0) + 1);
      const identity = tf.customGrad((x) => ({
        value: tf.clone(x as tf.Tensor),
        gradFunc: (dy: tf.Tensor) => {
          if (reads.get(name) === 1) onGradient(name, dy);
          return tf.clone(dy);
        },
      }));
      return identity(variable);
    };
    return () => {
      if (own) weight.read = read;
      else Reflect.deleteProperty(weight, "read");
    };
  });
  try {
    return forward();
  } finally {
    for (const restore of watched) restore();
  }
}
