import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, FRACTION, FUNCTION, OBJECT, optional, RATE, requireOptions } from "known-options";
import { type Outcome, type Prepared, type Task, tidyOutcome } from "train-loop";
import { type Distillation, distillationLoss, requireDistillation } from "../losses/distillation-loss.ts";
import { smoothedTargets } from "../losses/label-smoothing.ts";
import { softmaxCrossEntropy } from "../losses/softmax-cross-entropy.ts";
import { classesOf, trainableVariables } from "../models/model-outputs.ts";
import { type Preprocess, toUnitRange } from "../models/preprocess.ts";
import { requireLogits } from "../teachers/outputs-of-layers.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { exampleOf, modelInput } from "./task-input.ts";

/** Options of the tasks that distill a teacher's logits. */
export interface DistillationOptions {
  /** Model to train, with logits as outputs. */
  readonly student: tfl.LayersModel;
  /** Teacher. */
  readonly teacher: Teacher;
  /** Label smoothing, in [0, 1). Default 0.1. */
  readonly labelSmoothing?: number;
  /** Distillation loss. Default `{ kind: "hard" }`. */
  readonly distillation?: Distillation;
  /** Weight of the distillation loss, in [0, 1]; the labels' loss gets the rest. Default 0.5. */
  readonly alpha?: number;
  /** Preprocessing of a batch's images to the student's input. Default `x / 255`. */
  readonly preprocess?: Preprocess;
}

const CHECKS: Checks<DistillationOptions> = {
  student: OBJECT,
  teacher: OBJECT,
  labelSmoothing: optional(RATE),
  distillation: optional(OBJECT),
  alpha: optional(FRACTION),
  preprocess: optional(FUNCTION),
};

/** Outputs of a kind of student: the logits trained on labels, those trained on the teacher, and the prediction. */
export interface StudentHeads {
  readonly outputs: number;
  readonly learning: (outputs: readonly tf.Tensor2D[]) => {
    readonly ofLabels: tf.Tensor2D;
    readonly ofTeacher: tf.Tensor2D;
    readonly answer: tf.Tensor2D;
  };
}

/** Creates a task with the loss `(1 − alpha) · CE(labels) + alpha · distillationLoss(teacher)` on the logits of `heads`. */
export function taughtTask(caller: string, options: DistillationOptions, heads: StudentHeads): Task {
  requireOptions(caller, options, CHECKS);
  const { student, teacher, labelSmoothing = 0.1, alpha = 0.5, preprocess = toUnitRange } = options;
  const { distillation = { kind: "hard" } } = options;
  requireDistillation(caller, distillation);
  const classes = classesOf(caller, student, heads.outputs);
  requireLogits(caller, student);
  if (teacher.classes !== classes) {
    throw new RangeError(
      `${caller}: the teacher must have the student's ${classes} classes, got ${teacher.classes}`,
    );
  }
  const forward = (inputs: tf.Tensor, kwargs: object) => {
    const outputs = student.apply(inputs, { ...kwargs }) as tf.Tensor2D | tf.Tensor2D[];
    return heads.learning(Array.isArray(outputs) ? outputs : [outputs]);
  };
  const labelLoss = (targets: tf.Tensor2D, logits: tf.Tensor2D) =>
    tf.mean(softmaxCrossEntropy(targets, logits)) as tf.Scalar;
  return {
    model: student,
    classes,
    variables: trainableVariables(student),
    parts: { train: ["student_loss", "distillation_loss"], evaluate: ["student_loss"] },
    settings: { labelSmoothing, distillation, alpha },

    async prepare(batch, training): Promise<Prepared> {
      const inputs = modelInput(caller, student, batch.images, preprocess);
      try {
        const taught = training ? { teacherLogits: await teacher.logits(batch.teacherImages, batch) } : {};
        return { inputs, targets: smoothedTargets(batch, classes, labelSmoothing), ...taught };
      } catch (error) {
        if (inputs !== batch.images) inputs.dispose();
        throw error;
      }
    },

    example: (rows) => ({
      ...exampleOf(student, rows, classes),
      teacherLogits: tf.zeros([rows, classes]),
    }),

    train({ inputs, targets, teacherLogits }, sampleKeys): Outcome {
      const { ofLabels, ofTeacher, answer } = forward(inputs, { training: true, sampleKeys });
      const studentLoss = labelLoss(targets, ofLabels);
      const distilled = tf.mean(distillationLoss(distillation, teacherLogits!, ofTeacher)) as tf.Scalar;
      const loss = tf.add(tf.mul(studentLoss, 1 - alpha), tf.mul(distilled, alpha)) as tf.Scalar;
      return {
        loss,
        parts: { student_loss: studentLoss, distillation_loss: distilled },
        logits: answer,
      };
    },

    evaluate: ({ inputs, targets }) =>
      tidyOutcome(() => {
        const { answer } = forward(inputs, { training: false });
        const loss = labelLoss(targets, answer);
        return { loss, parts: { student_loss: loss }, logits: answer };
      }),
  };
}
