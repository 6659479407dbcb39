import * as tf from "@tensorflow/tfjs-core";
import { integerFrom, RATE, requireLabels, requireOptions } from "known-options";
import type { MicroBatch } from "train-loop";

/**
 * Returns one-hot targets mixed with the uniform distribution.
 *
 * `target[i, c] = (1 − smoothing) · [c = labels[i]] + smoothing / classes`.
 *
 * @param labels - `[batch]`, int32, each in [0, classes); read back to be checked. Not disposed.
 * @param classes - Number of classes, at least 2.
 * @param smoothing - Share of the uniform distribution, in [0, 1).
 * @returns `[batch, classes]`, float32; owned by the caller.
 * @throws TypeError if the labels are of another type or rank. RangeError that names the first label that is not a class, or if
 * `classes` or `smoothing` is out of range.
 * @see Szegedy et al. 2016, https://arxiv.org/abs/1512.00567; Keras' `CategoricalCrossentropy(label_smoothing)`
 *
 * @example
 * console.log(smoothedOneHot(tf.tensor1d([1], "int32"), 2, 0.1).arraySync()); // [[0.05, 0.95]]
 */
export function smoothedOneHot(labels: tf.Tensor1D, classes: number, smoothing: number): tf.Tensor2D {
  const checks = { classes: integerFrom(2), smoothing: RATE };
  requireOptions("smoothedOneHot", { classes, smoothing }, checks);
  if (labels.dtype !== "int32" || labels.rank !== 1) {
    throw new TypeError(
      `smoothedOneHot: labels must be [batch], int32, got [${labels.shape}], ${labels.dtype}`,
    );
  }
  requireLabels("smoothedOneHot", labels.dataSync(), classes);
  return smoothedTargets({ labels }, classes, smoothing);
}

/**
 * Returns a micro-batch's targets, or else its one-hot labels, smoothed, times the rows' label weights. Cross-entropy is linear in
 * its targets, so they weigh the rows' losses; a row without a label has zeros, a loss and a gradient of exactly 0. Nothing is
 * checked: see `requireBatch`.
 *
 * @returns `[batch, classes]`, float32; owned by the caller.
 */
export function smoothedTargets(
  { labels, targets, labelWeights }: Pick<MicroBatch, "labels" | "targets" | "labelWeights">,
  classes: number,
  smoothing: number,
): tf.Tensor2D {
  return tf.tidy(() => {
    if (labelWeights === undefined) return smooth(targets ?? oneHot(labels, classes), smoothing);
    // tfjs' WASM kernel writes outside of the row for -1; its weight is 0.
    const known = tf.maximum(labels, tf.scalar(0, "int32")) as tf.Tensor1D;
    const smoothed = smooth(targets ?? oneHot(known, classes), smoothing);
    return tf.mul(smoothed, tf.expandDims(labelWeights, 1)) as tf.Tensor2D;
  });
}

function smooth(targets: tf.Tensor2D, smoothing: number): tf.Tensor2D {
  return tf.add(tf.mul(targets, 1 - smoothing), smoothing / targets.shape[1]) as tf.Tensor2D;
}

/**
 * Returns one-hot rows as float32, owned by the caller.
 *
 * Cast from int32, because tfjs' WASM kernel writes the integer's bits as float32 (1 becomes 1.4e-45).
 */
export function oneHot(labels: tf.Tensor1D, classes: number): tf.Tensor2D {
  return tf.tidy(() => tf.cast(tf.oneHot(labels, classes, 1, 0, "int32"), "float32") as tf.Tensor2D);
}
