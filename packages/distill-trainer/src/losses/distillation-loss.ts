import * as tf from "@tensorflow/tfjs-core";
import { type KindChecks, oneOf, optional, POSITIVE, requireKind } from "known-options";
import { oneHot } from "./label-smoothing.ts";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.ts";

/** Loss of a student's logits against the teacher's. */
export type Distillation =
  /** Cross-entropy with the teacher's argmax, as in DeiT's recipe and the Keras example. */
  | { readonly kind: "hard" }
  /**
   * `KL(teacher ‖ student)` of softmaxes at `temperature` T, times T². `reduction` divides the sum by the number of
   * samples (`"batchmean"`, as timm) or of logits (`"numel"`, as facebookresearch/deit). Default `"batchmean"`.
   */
  | { readonly kind: "soft"; readonly temperature: number; readonly reduction?: "batchmean" | "numel" };

const CHECKS: KindChecks<Distillation, "kind"> = {
  hard: {},
  soft: { temperature: POSITIVE, reduction: optional(oneOf("batchmean", "numel")) },
};

/** Throws a TypeError or RangeError that names the caller unless the value is a {@link Distillation}. */
export function requireDistillation(caller: string, distillation: Distillation): void {
  requireKind(`${caller}: distillation`, distillation, "kind", CHECKS);
}

/**
 * Computes the distillation loss of each sample; their mean is the batch's loss.
 *
 * @param distillation - Kind of loss.
 * @param teacherLogits - `[batch, classes]`, float32. No gradient flows into it. Not disposed.
 * @param studentLogits - `[batch, classes]`, float32, of the distillation head. Not disposed.
 * @returns `[batch]`, float32; owned by the caller.
 * @throws RangeError if the shapes differ or the temperature is not positive.
 * @see Touvron et al. 2021, section 4, https://arxiv.org/abs/2012.12877; Hinton et al. 2015,
 * https://arxiv.org/abs/1503.02531
 *
 * @example
 * const loss = tf.mean(distillationLoss({ kind: "hard" }, tf.tensor2d([[9, 0]]), tf.tensor2d([[2, 1]])));
 * console.log(loss.dataSync()[0].toFixed(4)); // 0.3133
 */
export function distillationLoss(
  distillation: Distillation,
  teacherLogits: tf.Tensor2D,
  studentLogits: tf.Tensor2D,
): tf.Tensor1D {
  requireDistillation("distillationLoss", distillation);
  if (teacherLogits.shape[1] !== studentLogits.shape[1]) {
    throw new RangeError(
      `distillationLoss: the teacher must have the student's ${studentLogits.shape[1]} classes, got ${teacherLogits.shape[1]}`,
    );
  }
  const classes = studentLogits.shape[1];
  if (distillation.kind === "hard") {
    return tf.tidy(() => {
      const targets = oneHot(tf.argMax(teacherLogits, 1), classes);
      return softmaxCrossEntropy(targets, studentLogits);
    });
  }
  const { temperature, reduction = "batchmean" } = distillation;
  return tf.tidy(() => {
    const teacherLogProbs = tf.logSoftmax(tf.div(teacherLogits, temperature)) as tf.Tensor2D;
    const teacherProbs = tf.exp(teacherLogProbs) as tf.Tensor2D;
    const negativeEntropy = tf.sum(tf.mul(teacherProbs, teacherLogProbs), 1);
    const crossEntropy = softmaxCrossEntropy(teacherProbs, tf.div(studentLogits, temperature) as tf.Tensor2D);
    const scale = temperature ** 2 / (reduction === "numel" ? classes : 1);
    return tf.mul(tf.add(crossEntropy, negativeEntropy), scale) as tf.Tensor1D;
  });
}
