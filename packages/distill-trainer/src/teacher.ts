import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { classesOf } from "./model-outputs.ts";
import { type Preprocess, toUnitRange } from "./preprocess.ts";

/** A frozen model to learn from, with its own preprocessing. */
export interface Teacher {
  readonly classes: number;
  /**
   * @param images - `[batch, height, width, 3]`, float32, 0…255. Not disposed.
   * @returns `[batch, classes]` logits; owned by the caller.
   */
  logits(images: tf.Tensor): tf.Tensor2D;
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
