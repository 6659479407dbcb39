import * as tf from "@tensorflow/tfjs-core";
import { type Check, oneOf, requireArguments, TENSOR } from "known-options";

/**
 * Loss between features: the mean squared error, smooth L1 (squared up to a difference of 1, linear beyond), or one minus the
 * cosine of the channels at each place.
 */
export type FeatureLoss = "mse" | "smooth-l1" | "cosine";

/** A {@link FeatureLoss}. */
export const FEATURE_LOSS: Check = oneOf("mse", "smooth-l1", "cosine");

/** Smallest squared length of a vector of channels: a vector of zeros has a cosine of 0 and no gradient. */
const LEAST = 1e-12;

/**
 * Computes the loss between a teacher's and a student's features, for each sample: the mean over places, and over channels except
 * for the cosine.
 *
 * @param loss - Kind of loss.
 * @param teacher - `[batch, …, channels]`, float32. No gradient flows into it. Not disposed.
 * @param student - The same shape, float32. Not disposed.
 * @returns `[batch]`, float32; owned by the caller.
 * @throws RangeError if the shapes differ.
 * @see PyTorch's `mse_loss`, `smooth_l1_loss`, `cosine_similarity`; Keras' `MeanSquaredError`, `Huber` and `CosineSimilarity`, which is
 * smaller by 1
 *
 * @example
 * const loss = featureLoss("mse", tf.tensor2d([[1, 2]]), tf.tensor2d([[1, 4]]));
 * console.log(loss.arraySync()); // [2]
 */
export function featureLoss(loss: FeatureLoss, teacher: tf.Tensor, student: tf.Tensor): tf.Tensor1D {
  const checks = { loss: FEATURE_LOSS, teacher: TENSOR, student: TENSOR };
  requireArguments("featureLoss", { loss, teacher, student }, checks);
  if (String(teacher.shape) !== String(student.shape) || student.rank < 2) {
    throw new RangeError(
      `featureLoss: teacher and student must have one shape [batch, …, channels], got [${teacher.shape}] and [${student.shape}]`,
    );
  }
  return tf.tidy(() => {
    const places = LOSSES[loss](teacher, student);
    return tf.mean(tf.reshape(places, [student.shape[0]!, -1]), 1) as tf.Tensor1D;
  });
}

const LOSSES: Readonly<Record<FeatureLoss, (teacher: tf.Tensor, student: tf.Tensor) => tf.Tensor>> = {
  mse: (teacher, student) => tf.squaredDifference(student, teacher),
  "smooth-l1": (teacher, student) => {
    const distance = tf.abs(tf.sub(student, teacher));
    const near = tf.minimum(distance, 1);
    return tf.mul(near, tf.sub(distance, tf.div(near, 2)));
  },
  cosine: (teacher, student) => tf.sub(1, tf.sum(tf.mul(unit(teacher), unit(student)), -1)),
};

function unit(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.rsqrt(tf.maximum(tf.sum(tf.square(x), -1, true), LEAST)));
}
