import type * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { MODEL, requireArguments } from "known-options";

/** All of a model's variables, non-trainable ones included, in the order of `model.weights`. */
export function variablesOf(model: tfl.LayersModel): tf.Variable[] {
  requireArguments("variablesOf", { model }, { model: MODEL });
  return model.weights.map((weight) => weight.read() as tf.Variable);
}

/** @throws RangeError if two lists of tensors differ in number or in a shape. */
export function requireSameShape(
  caller: string,
  expected: readonly tf.Tensor[],
  given: readonly tf.Tensor[],
): void {
  if (given.length !== expected.length) {
    throw new RangeError(`${caller}: expected ${expected.length} weights, got ${given.length}`);
  }
  expected.forEach(({ shape }, i) => {
    if (String(shape) !== String(given[i]!.shape)) {
      throw new RangeError(`${caller}: weight ${i} must have the shape [${shape}], got [${given[i]!.shape}]`);
    }
  });
}
