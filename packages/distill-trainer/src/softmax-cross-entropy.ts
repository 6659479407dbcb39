import * as tf from "@tensorflow/tfjs-core";

/**
 * Cross-entropy of softmax(logits) against target distributions, one value per sample.
 *
 * `loss[i] = logSumExp(logits[i]) · Σ_c targets[i, c] − Σ_c targets[i, c] · logits[i, c]`, in the shifted form that
 * neither overflows nor loses small probabilities. Its gradient, `softmax(logits) · Σ targets − targets`, keeps only
 * the two inputs. Targets get no gradient.
 *
 * @param targets - `[batch, classes]`, float32: one-hot, smoothed, or a teacher's probabilities. Not disposed.
 * @param logits - `[batch, classes]`, float32, not normalised. Not disposed.
 * @returns `[batch]`, float32; owned by the caller.
 * @throws RangeError if the shapes differ.
 * @see https://www.tensorflow.org/api_docs/python/tf/nn/softmax_cross_entropy_with_logits
 *
 * @example
 * const loss = tf.mean(softmaxCrossEntropy(tf.tensor2d([[0, 1]]), tf.tensor2d([[1, 3]])));
 * console.log(loss.dataSync()[0].toFixed(4)); // 0.1269
 */
export function softmaxCrossEntropy(targets: tf.Tensor2D, logits: tf.Tensor2D): tf.Tensor1D {
  if (targets.shape[0] !== logits.shape[0] || targets.shape[1] !== logits.shape[1]) {
    throw new RangeError(
      `softmaxCrossEntropy: targets and logits must have one shape, got [${targets.shape}] and [${logits.shape}]`,
    );
  }
  const op = tf.customGrad((...args) => {
    const [x, save] = args as unknown as [tf.Tensor2D, tf.GradSaveFunc];
    save([x, targets]); // a clone of the targets: theirs may be gone by the backward pass
    const value = tf.tidy(() => {
      const mass = tf.sum(targets, 1);
      return tf.sub(tf.mul(tf.logSumExp(x, 1), mass), tf.sum(tf.mul(targets, x), 1));
    });
    const gradFunc = (dy: tf.Tensor, saved: tf.Tensor[]): tf.Tensor =>
      tf.tidy(() => {
        const [logits, targets] = saved as [tf.Tensor2D, tf.Tensor2D];
        const mass = tf.sum(targets, 1, true); // [batch, 1]
        const slope = tf.sub(tf.mul(tf.softmax(logits), mass), targets);
        return tf.mul(slope, tf.expandDims(dy, 1));
      });
    return { value, gradFunc };
  });
  return op(logits) as tf.Tensor1D;
}
