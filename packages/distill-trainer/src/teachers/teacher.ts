import type * as tf from "@tensorflow/tfjs-core";
import { type Check, having } from "known-options";
import type { ModelOutputs } from "./outputs.ts";

/** Identity of a teacher's images. */
export interface TeacherViews {
  /** Key of each row, if the data has any: equal keys mean equal pixels. See `Batch`. */
  readonly viewKeys?: BigUint64Array;
}

/** A frozen model to learn from, with its own preprocessing. */
export interface Teacher {
  /** Number of classes. */
  readonly classes: number;
  /** Kind of the model's outputs, which `logits` converts; `undefined` until known. */
  readonly outputs?: ModelOutputs | undefined;
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
