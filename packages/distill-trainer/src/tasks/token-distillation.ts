import * as tf from "@tensorflow/tfjs-core";
import type { Task } from "train-loop";
import { type DistillationOptions, type StudentHeads, taughtTask } from "./taught-task.ts";

/**
 * Creates the task of distillation through a token (DeiT): the class head learns from labels, the distillation head from the
 * teacher.
 *
 * `loss = (1 − alpha) · CE(labels, class head) + alpha · distillationLoss(teacher, distillation head)`.
 * Evaluation and accuracy use the mean of the two heads' logits; with `alpha` 0 or 1 one head has no loss, and the other's alone are used
 * (then a student of one head does the same, see {@link logitDistillation}). Logs, named as in the Keras example: `loss`,
 * `student_loss`, `distillation_loss`, `accuracy`, and with hints `hint_loss`, as it is added; for validation `val_loss` = `val_student_loss` and `val_accuracy`.
 *
 * Samples without a label (−1) learn from the teacher alone: the first term is the mean over the labeled samples of the batch, 0 without
 * any, however the batch is cut into micro-batches or replicas. `student_loss` and `accuracy` are of labeled samples, those of a batch and
 * of an epoch.
 *
 * @param options - Options, with a student of two outputs `[batch, classes]`: the classification head's logits, then the
 * distillation head's.
 * @throws RangeError if the student does not have two outputs of logits, or the teacher has another number of classes.
 * @see Touvron et al. 2021, https://arxiv.org/abs/2012.12877; https://keras.io/examples/vision/deit/
 *
 * @example
 * import { AdamW } from "tfjs-optim";
 * import { fit } from "train-loop";
 *
 * const task = tokenDistillation({ student, teacher, distillation: { kind: "soft", temperature: 3 } });
 * await fit(task, new AdamW({ learningRate: 2.5e-4 }), train, { epochs: 20, validationData: validation });
 */
export function tokenDistillation(options: DistillationOptions): Task {
  return taughtTask("tokenDistillation", options, TOKEN_HEADS);
}

/**
 * DeiT's heads: the class head learns from labels, the distillation head from the teacher; the prediction is their mean, or that of the
 * only head with a loss.
 */
export const TOKEN_HEADS: StudentHeads = {
  outputs: 2,
  learning: ([cls, dist], alpha) => ({
    ofLabels: cls!,
    ofTeacher: dist!,
    answer: alpha === 0 ? cls! : alpha === 1 ? dist! : (tf.div(tf.add(cls!, dist!), 2) as tf.Tensor2D),
  }),
};
