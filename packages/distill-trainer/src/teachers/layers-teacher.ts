import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { FUNCTION, optional, requireOptions } from "known-options";
import { layerOutputs, layersOfModel } from "../models/layers-of-model.ts";
import { classesOf } from "../models/model-outputs.ts";
import { toUnitRange } from "../models/preprocess.ts";
import { logitsOf, type RunTeacher } from "./logits-of.ts";
import { type ModelTeacherOptions, OUTPUTS } from "./model-output.ts";
import { outputsOfLayers } from "./outputs-of-layers.ts";
import type { LayeredTeacher } from "./teacher.ts";

/** Options of {@link layersTeacher}. */
export type LayersTeacherOptions = Pick<ModelTeacherOptions, "preprocess" | "outputs">;

/**
 * Creates a {@link LayeredTeacher} from a tfjs layers model. The model stays the caller's. Its inner layers have the names of
 * `model.layers`; suggested are its last map and the last residual sum on a grid twice as large.
 *
 * The kind of its outputs (most Keras classifiers end in a softmax) is determined by its last layer, or else by its first rows,
 * and converted to logits.
 *
 * @throws RangeError if the model does not have one output of shape `[batch, classes]`. `logits` throws Error if the outputs are
 * not finite.
 *
 * @example
 * const teacher = layersTeacher(model, { preprocess: (images) => tf.sub(tf.div(images, 127.5), 1) });
 * console.log(teacher.classes, teacher.outputs);
 */
export function layersTeacher(model: tfl.LayersModel, options: LayersTeacherOptions = {}): LayeredTeacher {
  requireOptions("layersTeacher", options, { preprocess: optional(FUNCTION), outputs: OUTPUTS });
  const { preprocess = toUnitRange, outputs } = options;
  const classes = classesOf("layersTeacher", model, 1);
  const known = { outputs, read: outputsOfLayers(model) };
  const { shapeOf, apply } = layersOfModel("layersTeacher: the model", model);
  const run: RunTeacher = async (images, layers, forward) => {
    const compute = (inputs: tf.Tensor) => apply(inputs, layers, { training: false });
    // Cloned: preprocessing, or a model without computing layers, may return its argument.
    if (forward === undefined) return tf.tidy(() => compute(preprocess(images)).map((one) => tf.clone(one)));
    const inputs = tf.tidy(() => preprocess(images));
    try {
      return await forward({ model, name: layers.join("\n") }, inputs, compute);
    } finally {
      if (inputs !== images) inputs.dispose();
    }
  };
  return Object.assign(logitsOf("layersTeacher", known, run, { shapeOf, suggested: suggestedMaps(model) }), {
    classes,
  });
}

/** The last layer of maps, and the last residual sum on a grid twice as large, from the coarser to the finer. */
function suggestedMaps(model: tfl.LayersModel): string[] {
  const maps = [...layerOutputs(model)].flatMap(([name, { shape, sourceLayer }]) => {
    const kind = sourceLayer.getClassName();
    const isMap = shape.length === 4 && kind !== "InputLayer";
    return isMap ? [{ name, height: shape[1], isSum: kind === "Add" }] : [];
  });
  const last = maps.at(-1);
  if (last === undefined) return [];
  const finer = maps.findLast(
    ({ height, isSum }) => isSum && height && height > 1 && Math.ceil(height / 2) === last.height,
  );
  return [last, ...(finer ? [finer] : [])].map(({ name }) => name);
}
