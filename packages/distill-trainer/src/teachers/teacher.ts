import type * as tf from "@tensorflow/tfjs-core";
import type { ModelOutputs } from "./outputs.ts";

/** What a teacher may know about its images. */
export interface TeacherViews {
  /** A key for each row, where the data has them: equal keys, equal pixels. See `Batch`. */
  readonly viewKeys?: BigUint64Array;
}

/** A frozen model to learn from, with its own preprocessing. */
export interface Teacher {
  readonly classes: number;
  /** What the model behind it gives, of which `logits` makes logits; `undefined` until that is known. */
  readonly outputs?: ModelOutputs | undefined;
  /**
   * @param images - `[batch, height, width, 3]`, float32, 0…255. Not disposed.
   * @returns `[batch, classes]` logits; owned by the caller.
   */
  logits(images: tf.Tensor, views?: TeacherViews): tf.Tensor2D | Promise<tf.Tensor2D>;
}
