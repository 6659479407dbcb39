import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { FUNCTION, optional, requireOptions } from "known-options";
import { classesOf } from "../models/model-outputs.ts";
import { toUnitRange } from "../models/preprocess.ts";
import { logitsOf } from "./logits-of.ts";
import { type ModelTeacherOptions, OUTPUTS } from "./model-output.ts";
import { outputsOfLayers } from "./outputs-of-layers.ts";
import type { Teacher } from "./teacher.ts";

/** Options of {@link layersTeacher}. */
export type LayersTeacherOptions = Pick<ModelTeacherOptions, "preprocess" | "outputs">;

/**
 * Creates a {@link Teacher} from a tfjs layers model. The model stays the caller's.
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
export function layersTeacher(model: tfl.LayersModel, options: LayersTeacherOptions = {}): Teacher {
  requireOptions("layersTeacher", options, { preprocess: optional(FUNCTION), outputs: OUTPUTS });
  const { preprocess = toUnitRange, outputs } = options;
  const classes = classesOf("layersTeacher", model, 1);
  const known = { outputs, read: outputsOfLayers(model) };
  const reader = logitsOf("layersTeacher", known, (images) =>
    // Cloned: preprocessing, or a model without computing layers, may return its argument.
    tf.tidy(() => tf.clone(model.apply(preprocess(images), { training: false }) as tf.Tensor2D)),
  );
  return Object.assign(reader, { classes });
}
