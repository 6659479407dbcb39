import * as tf from "@tensorflow/tfjs-core";

/**
 * Images in [−1, 1], what BiT was trained on: `x / 127.5 − 1`.
 *
 * @param images - Any shape, float32, 0…255. Not disposed.
 * @returns The same shape; owned by the caller.
 * @see https://github.com/google-research/big_transfer/blob/master/input_pipeline_tf2_or_jax.py
 *
 * @example
 * console.log(toSymmetricRange(tf.tensor1d([0, 255])).arraySync()); // [-1, 1]
 */
export function toSymmetricRange(images: tf.Tensor): tf.Tensor {
  return tf.tidy(() => tf.sub(tf.div(images, 127.5), 1));
}
