import * as tf from "@tensorflow/tfjs-core";

/** From a batch's images (float32, NHWC, 0…255) to a model's input. Does not dispose; may return its argument. */
export type Preprocess = (images: tf.Tensor) => tf.Tensor;

/**
 * Images in [0, 1]: `x / 255`, what the Keras example gives its student.
 *
 * @param images - Any shape, float32, 0…255. Not disposed.
 * @returns The same shape; owned by the caller.
 *
 * @example
 * console.log(toUnitRange(tf.tensor1d([0, 255])).arraySync()); // [0, 1]
 */
export function toUnitRange(images: tf.Tensor): tf.Tensor {
  return tf.div(images, 255);
}
