import * as tf from "@tensorflow/tfjs-core";
import { check, FINITE, requireOptions } from "known-options";

/** From a batch's images (float32, NHWC, 0…255) to a model's input. Does not dispose; may return its argument. */
export type Preprocess = (images: tf.Tensor) => tf.Tensor;

/** What {@link normalize} subtracts and divides by, by channel, for pixels in [0, 1]. */
export interface Normalization {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

const NUMBERS = check(
  "a list of finite numbers",
  (value) => Array.isArray(value) && value.every(FINITE.fits),
);

/** Mean and standard deviation of ImageNet's pixels, which DeiT and most of timm's models were trained with. */
export const IMAGENET_NORMALISATION: Normalization = {
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
};

/**
 * Preprocessing as timm's and torchvision's: `(x / 255 − mean) / std`, by channel.
 *
 * @returns From images, any shape with channels last, float32, 0…255, not disposed, to the same shape, owned by the caller.
 * @throws TypeError for an unknown key. RangeError if mean and std differ in length, a number is not finite or a std not positive.
 *
 * @example
 * const preprocess = normalize(IMAGENET_NORMALISATION);
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
