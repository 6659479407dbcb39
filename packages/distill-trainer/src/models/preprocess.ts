import * as tf from "@tensorflow/tfjs-core";
import { check, FINITE, requireOptions } from "known-options";

/** Preprocessing of images (float32, NHWC, 0…255) to a model's input. Disposes nothing; may return its argument. */
export type Preprocess = (images: tf.Tensor) => tf.Tensor;

/** Mean and standard deviation of {@link normalize}, by channel, for pixels in [0, 1]. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

const NUMBERS = check(
  "a list of finite numbers",
  (value) => Array.isArray(value) && value.every(FINITE.fits),
);

/** Mean and standard deviation of ImageNet's pixels, as for DeiT and most of timm's models. */
export const IMAGENET_NORMALIZATION: Normalization = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/**
 * Returns the preprocessing of timm and torchvision: `(x / 255 − mean) / std`, by channel.
 *
 * @returns A function from images (any shape, channels last, float32, 0…255, not disposed) to a new tensor of equal shape.
 * @throws TypeError for an unknown key. RangeError if mean and std differ in length, a number is not finite or a std not positive.
 *
 * @example
 * const preprocess = normalize(IMAGENET_NORMALIZATION);
 * console.log(preprocess(tf.fill([1, 1, 1, 3], 127.5)).dataSync()); // [0.066, 0.196, 0.418]
 */
export function normalize(normalization: Normalization): Preprocess {
  requireOptions("normalize", normalization, { mean: NUMBERS, std: NUMBERS });
  const { mean, std } = normalization;
  if (mean.length !== std.length || !std.every((value) => value > 0)) {
    throw new RangeError(`normalize: every mean needs a std above 0, got [${mean}] and [${std}]`);
  }
  return (images) =>
    tf.tidy(() => tf.div(tf.sub(tf.div(images, 255), tf.tensor1d([...mean])), tf.tensor1d([...std])));
}

/**
 * Scales images to [0, 1]: `x / 255`, as for the student of the Keras example.
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

/**
 * Scales images to [−1, 1], as for BiT: `x / 127.5 − 1`.
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
