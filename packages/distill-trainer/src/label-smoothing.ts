import * as tf from "@tensorflow/tfjs-core";

/**
 * One-hot targets, mixed with the uniform distribution.
 *
 * `target[i, c] = (1 − smoothing) · [c = labels[i]] + smoothing / classes`.
 *
 * @param labels - `[batch]`, int32, each in [0, classes). Not disposed.
 * @param classes - Number of classes.
 * @param smoothing - In [0, 1); 0 gives plain one-hot rows.
 * @returns `[batch, classes]`, float32; owned by the caller.
 * @throws RangeError if `smoothing` is outside [0, 1).
 * @see Szegedy et al. 2016, https://arxiv.org/abs/1512.00567; Keras' `CategoricalCrossentropy(label_smoothing)`
 *
 * @example
 * console.log(smoothedOneHot(tf.tensor1d([1], "int32"), 2, 0.1).arraySync()); // [[0.05, 0.95]]
 */
export function smoothedOneHot(labels: tf.Tensor1D, classes: number, smoothing: number): tf.Tensor2D {
  requireSmoothing("smoothedOneHot", smoothing);
  return tf.tidy(() => smooth(oneHot(labels, classes), smoothing));
}

/**
 * What a micro-batch is trained on: its targets where it has some, else one-hot labels; smoothed either way.
 *
 * @returns `[batch, classes]`, float32; owned by the caller.
 */
export function smoothedTargets(
  { labels, targets }: { readonly labels: tf.Tensor1D; readonly targets?: tf.Tensor2D },
  classes: number,
  smoothing: number,
): tf.Tensor2D {
  if (targets === undefined) return smoothedOneHot(labels, classes, smoothing);
  return tf.tidy(() => smooth(targets, smoothing));
}

function smooth(targets: tf.Tensor2D, smoothing: number): tf.Tensor2D {
  return tf.add(tf.mul(targets, 1 - smoothing), smoothing / targets.shape[1]) as tf.Tensor2D;
}

/**
 * Rows of 0 and 1 as float32, owned by the caller.
 *
 * By way of int32: asked for float32, tfjs' WASM kernel writes the integer's bits (1 becomes 1.4e-45).
 */
export function oneHot(labels: tf.Tensor1D, classes: number): tf.Tensor2D {
  return tf.tidy(() => tf.cast(tf.oneHot(labels, classes, 1, 0, "int32"), "float32") as tf.Tensor2D);
}

/** @throws RangeError, in the caller's name, if label smoothing is outside [0, 1). */
function requireSmoothing(caller: string, smoothing: number): void {
  if (!(smoothing >= 0 && smoothing < 1)) {
    throw new RangeError(`${caller}: label smoothing must be in [0, 1), got ${smoothing}`);
  }
}
