import * as tf from "@tensorflow/tfjs-core";
import { customOp, type Forward, hasKernel, runKernel, withGradient } from "kernel-contract";
import { requireArguments, TENSOR } from "known-options";

/**
 * Computes the cross-entropy of softmax(logits) against target distributions, for each sample.
 *
 * `loss[i] = logSumExp(logits[i]) · Σ_c targets[i, c] − Σ_c targets[i, c] · logits[i, c]`, in the shifted form that
 * neither overflows nor loses small probabilities. The gradient is `softmax(logits) · Σ targets − targets`, for which only
 * the two inputs are saved. Targets have no gradient. Runs the kernels `SoftmaxCrossEntropy` and `SoftmaxCrossEntropyGrad` where
 * the backend has them.
 *
 * @param targets - `[batch, classes]`, float32: one-hot, smoothed, or a teacher's probabilities. Not disposed.
 * @param logits - `[batch, classes]`, float32, not normalized. Not disposed.
 * @returns `[batch]`, float32; owned by the caller.
 * @throws RangeError if the shapes differ.
 * @see https://www.tensorflow.org/api_docs/python/tf/nn/softmax_cross_entropy_with_logits
 *
 * @example
 * const loss = tf.mean(softmaxCrossEntropy(tf.tensor2d([[0, 1]]), tf.tensor2d([[1, 3]])));
 * console.log(loss.dataSync()[0].toFixed(4)); // 0.1269
 */
export function softmaxCrossEntropy(targets: tf.Tensor2D, logits: tf.Tensor2D): tf.Tensor1D {
  requireArguments("softmaxCrossEntropy", { targets, logits }, { targets: TENSOR, logits: TENSOR });
  if (targets.shape[0] !== logits.shape[0] || targets.shape[1] !== logits.shape[1]) {
    throw new RangeError(
      `softmaxCrossEntropy: targets and logits must have one shape, got [${targets.shape}] and [${logits.shape}]`,
    );
  }
  const forward = hasKernel("SoftmaxCrossEntropy", "SoftmaxCrossEntropyGrad") ? withKernel : composite;
  return customOp([logits], (x) => forward(targets, x)) as tf.Tensor1D; // one number per row
}

function withKernel(targets: tf.Tensor, logits: tf.Tensor): Forward {
  return withGradient({
    value: runKernel("SoftmaxCrossEntropy", { targets, logits })[0],
    saved: [targets, logits], // the targets too: the caller may have freed them by the backward pass
    backward: (dy, [t, x]) => runKernel("SoftmaxCrossEntropyGrad", { targets: t, logits: x, dy }),
  });
}

function composite(targets: tf.Tensor, logits: tf.Tensor): Forward {
  const mass = tf.sum(targets, 1); // [batch]
  return withGradient({
    value: tf.sub(tf.mul(tf.logSumExp(logits, 1), mass), tf.sum(tf.mul(targets, logits), 1)),
    saved: [targets, logits],
    backward: (dy, [t, x]) => {
      const slope = tf.sub(tf.mul(tf.softmax(x), tf.sum(t, 1, true)), t);
      return [tf.mul(slope, tf.expandDims(dy, 1))];
    },
  });
}
