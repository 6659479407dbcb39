import type * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";

/** Returns the trainable variables, in the model's order. */
export function trainableVariables(model: tfl.LayersModel): tf.Variable[] {
  return model.trainableWeights.map((weight) => weight.read() as tf.Variable);
}

/**
 * Returns the number of classes of a model's outputs.
 *
 * @throws RangeError if the model does not have `outputs` outputs of shape `[batch, classes]`.
 */
export function classesOf(caller: string, model: tfl.LayersModel, outputs: number): number {
  if (!Array.isArray(model?.outputs))
    throw new TypeError(`${caller}: expected a tfl.LayersModel, got ${typeof model}`);
  const shapes = model.outputs.map((output) => output.shape);
  const classes = shapes[0]?.[1];
  const fits =
    shapes.length === outputs && shapes.every((shape) => shape.length === 2 && shape[1] === classes);
  if (!fits || typeof classes !== "number") {
    const expected = outputs === 1 ? "one output" : `${outputs} outputs (classification, distillation)`;
    const got = shapes.map((shape) => `[${shape.map((n) => n ?? "batch")}]`).join(", ");
    throw new RangeError(`${caller}: the model must have ${expected} of shape [batch, classes], got ${got}`);
  }
  return classes;
}
