import type { Task } from "train-loop";
import { type DistillationOptions, taughtTask } from "./taught-task.ts";

/**
 * Creates the task of distilling a student with one head, which learns from labels and teacher: a plain ViT, a convolutional
 * network, any model of logits.
 *
 * `loss = (1 − alpha) · CE(labels, logits) + alpha · distillationLoss(teacher, logits)`. With `alpha` 1 labels do not teach (function
 * matching, `PATIENT_RECIPE`). Logs as {@link tokenDistillation}.
 *
 * @param options - Options, with a student of one output `[batch, classes]`. `alpha` weighs the teacher, as in DeiT; in Keras'
 * `Distiller` it weighs the labels.
 * @throws RangeError if the student does not have one output of logits, or the teacher has another number of classes.
 * @see Hinton et al. 2015, https://arxiv.org/abs/1503.02531
 *
 * @example
 * import { AdamW } from "tfjs-optim";
 * import { fit } from "train-loop";
 *
 * const task = logitDistillation({ student: model, teacher, distillation: { kind: "soft", temperature: 4 }, alpha: 0.9 });
 * await fit(task, new AdamW({ learningRate: 1e-3 }), train, { epochs: 20 });
 */
export function logitDistillation(options: DistillationOptions): Task {
  return taughtTask("logitDistillation", options, {
    outputs: 1,
    learning: ([logits]) => ({ ofLabels: logits!, ofTeacher: logits!, answer: logits! }),
  });
}
