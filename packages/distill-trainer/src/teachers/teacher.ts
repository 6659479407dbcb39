import type * as tf from "@tensorflow/tfjs-core";
import { type Check, having } from "known-options";
import type { CapturedForward } from "train-loop";
import type { ModelOutputs } from "./outputs.ts";

/** Identity of a teacher's images, and how it is run. */
export interface TeacherViews {
  /** Key of each row, if the data has any: equal keys mean equal pixels. See `Batch`. */
  readonly viewKeys?: BigUint64Array;
  /** What runs the model's forward pass captured, in a training that captures its steps. */
  readonly forward?: CapturedForward;
}

/** A teacher's logits and the outputs of its inner layers, of one pass; owned by the caller. */
export interface TeacherOutputs {
  /** `[batch, classes]`. */
  readonly logits: tf.Tensor2D;
  /** One tensor for each layer, channels last: maps `[batch, height, width, channels]`, tokens or vectors. */
  readonly features: readonly tf.Tensor[];
}

/** Inner layers of a teacher, by name, for feature distillation. */
export interface TeacherLayers {
  /** Layers that are taken where none are named. Default: none. */
  readonly suggested?: readonly string[];
  /**
   * Returns the shape of a layer's output for one image, channels last: `[height, width, channels]`, `[tokens, channels]` or
   * `[channels]`; `null` for a side that is not known before the teacher runs.
   *
   * @throws RangeError if there is no such layer.
   */
  shapeOf(layer: string): readonly (number | null)[];
  /**
   * Computes logits and layers' outputs in one pass.
   *
   * @param images - As for {@link Teacher.logits}. Not disposed.
   * @param views - As for {@link Teacher.logits}.
   */
  run(images: tf.Tensor, layers: readonly string[], views?: TeacherViews): Promise<TeacherOutputs>;
}

/** A frozen model to learn from, with its own preprocessing. */
export interface Teacher {
  /** Number of classes. */
  readonly classes: number;
  /** Kind of the model's outputs, which `logits` converts; `undefined` until known. */
  readonly outputs?: ModelOutputs | undefined;
  /** Inner layers. Absent for a teacher of logits alone. */
  readonly layers?: TeacherLayers | undefined;
  /**
   * Computes logits.
   *
   * @param images - `[batch, height, width, 3]`, float32, 0…255. Not disposed.
   * @returns `[batch, classes]` logits; owned by the caller.
   */
  logits(images: tf.Tensor, views?: TeacherViews): tf.Tensor2D | Promise<tf.Tensor2D>;
}

/** A {@link Teacher}. */
export const TEACHER: Check = having(
  "a Teacher { classes, logits }",
  (it) => typeof it.logits === "function",
);

/** A {@link Teacher} with inner layers. */
export interface LayeredTeacher extends Teacher {
  readonly layers: TeacherLayers;
}

/** A {@link LayeredTeacher}. */
export const LAYERED_TEACHER: Check = having(
  "a Teacher with inner layers, such as layersTeacher(model) (stored logits and SavedModels have none)",
  (it) =>
    typeof it.logits === "function" && typeof (it.layers as TeacherLayers | undefined)?.run === "function",
);
