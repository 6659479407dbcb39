import { type GraphModel, loadGraphModel } from "@tensorflow/tfjs-converter";
import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type ToGraphModelOptions, toGraphModel } from "../src/index.ts";

/** Random numbers in place of all weights, so that none is left at 0 or 1; variances stay positive. */
export function shuffled<M extends tfl.LayersModel>(model: M): M {
  model.weights.forEach((weight, i) => {
    const drawn = tf.randomNormal(weight.shape as number[], 0, 0.3, "float32", i + 1);
    weight.write(weight.originalName.endsWith("variance") ? tf.add(tf.abs(drawn), 0.5) : drawn);
  });
  return model;
}

/** A layers model as a graph model in memory. */
export async function graphOf(
  model: tfl.LayersModel,
  options: ToGraphModelOptions = {},
): Promise<GraphModel> {
  return await loadGraphModel(tf.io.fromMemory(await toGraphModel(model, options)));
}

/** Inputs of a model: noise, or small whole numbers where it wants these. */
export function inputsOf(model: tfl.LayersModel, batch: number, open = 9): tf.Tensor[] {
  return model.inputs.map(({ shape, dtype }, i) => {
    const sides = shape.map((side, axis) => side ?? (axis === 0 ? batch : open));
    if (dtype === "int32") return tf.randomUniform(sides, 0, 7, "int32", 100 + i);
    return tf.randomNormal(sides, 0, 1, "float32", 100 + i);
  });
}

/** Largest difference of two models' outputs relative to the largest output; infinite if shapes, types or order differ. */
export function difference(model: tfl.LayersModel, graph: GraphModel, inputs: tf.Tensor[]): number {
  return tf.tidy(() => {
    const theirs = [
      model.apply(inputs.length === 1 ? inputs[0]! : inputs, { training: false }),
    ].flat() as tf.Tensor[];
    const ours = [graph.predict(inputs)].flat() as tf.Tensor[];
    const errors = theirs.map((expected, i) => {
      const got = ours[i]!;
      if (got.shape.join() !== expected.shape.join() || got.dtype !== expected.dtype)
        return Number.POSITIVE_INFINITY;
      const [a, b] = [[...expected.dataSync()], got.dataSync()];
      const largest = a.reduce((most, x) => Math.max(most, Math.abs(x)), 0) || 1;
      return a.reduce((most, x, at) => Math.max(most, Math.abs(x - b[at]!) / largest), 0);
    });
    return ours.length === theirs.length ? Math.max(...errors) : Number.POSITIVE_INFINITY;
  });
}
