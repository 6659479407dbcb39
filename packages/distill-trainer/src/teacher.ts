import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { classesOf } from "./model-outputs.ts";
import { type Preprocess, toUnitRange } from "./preprocess.ts";

/** What a teacher may know about its images. */
export interface TeacherViews {
  /** A key for each row, where the data has them: equal keys, equal pixels. See `Batch`. */
  readonly viewKeys?: BigUint64Array;
}

/** A frozen model to learn from, with its own preprocessing. */
export interface Teacher {
  readonly classes: number;
  /**
   * @param images - `[batch, height, width, 3]`, float32, 0…255. Not disposed.
   * @returns `[batch, classes]` logits; owned by the caller.
   */
  logits(images: tf.Tensor, views?: TeacherViews): tf.Tensor2D | Promise<tf.Tensor2D>;
}

/**
 * A tfjs layers model as a {@link Teacher}. The model stays the caller's.
 *
 * @param preprocess - From images in 0…255 to the model's input. Default `x / 255`.
 * @throws RangeError if the model does not have one output of shape `[batch, classes]`.
 *
 * @example
 * const teacher = layersTeacher(model, (images) => tf.sub(tf.div(images, 127.5), 1));
 * console.log(teacher.classes);
 */
export function layersTeacher(model: tfl.LayersModel, preprocess: Preprocess = toUnitRange): Teacher {
  return {
    classes: classesOf("layersTeacher", model, 1),
    logits: (images) => tf.tidy(() => model.apply(preprocess(images), { training: false }) as tf.Tensor2D),
  };
}
