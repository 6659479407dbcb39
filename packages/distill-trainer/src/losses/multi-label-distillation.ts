import * as tf from "@tensorflow/tfjs-core";
import { binaryCrossEntropy } from "./binary-cross-entropy.ts";
import type { Distillation } from "./distillation-loss.ts";

/**
 * Computes the distillation loss of each sample where classes do not exclude each other. `hard`: binary cross-entropy with what the
 * teacher answers, logits above 0. `soft`: `KL(teacher ‖ student)` of each class's yes and no at temperature T, times T².
 * The mean over the classes, unless `reduction` is `"batchmean"`, their sum.
 *
 * @param teacherLogits - `[batch, classes]`, float32. No gradient flows into it. Not disposed.
 * @param studentLogits - `[batch, classes]`, float32. Not disposed.
 * @returns `[batch]`, float32; owned by the caller.
 */
export function multiLabelDistillationLoss(
  distillation: Distillation,
  teacherLogits: tf.Tensor2D,
  studentLogits: tf.Tensor2D,
): tf.Tensor1D {
  if (distillation.kind === "hard") {
    return tf.tidy(() =>
      binaryCrossEntropy(tf.cast(tf.greater(teacherLogits, 0), "float32") as tf.Tensor2D, studentLogits),
    );
  }
  const { temperature, reduction = "numel" } = distillation;
  const sumClasses = reduction === "batchmean";
  return tf.tidy(() => {
    const teacher = tf.div(teacherLogits, temperature) as tf.Tensor2D;
    const probabilities = tf.sigmoid(teacher);
    const crossEntropy = binaryCrossEntropy(
      probabilities,
      tf.div(studentLogits, temperature) as tf.Tensor2D,
      { sumClasses },
    );
    const entropy = binaryCrossEntropy(probabilities, teacher, { sumClasses });
    return tf.mul(tf.sub(crossEntropy, entropy), temperature ** 2) as tf.Tensor1D;
  });
}
