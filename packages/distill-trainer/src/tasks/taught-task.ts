import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { customOp } from "kernel-contract";
import {
  BOOLEAN,
  type Checks,
  FRACTION,
  FUNCTION,
  OBJECT,
  optional,
  RATE,
  requireOptions,
} from "known-options";
import { type MicroBatch, type Outcome, type Prepared, type Task, tidyOutcome } from "train-loop";
import { FEATURE_HINTS, type FeatureHints, requireHints } from "../hints/feature-hints.ts";
import { CLASS_WEIGHTS } from "../losses/binary-cross-entropy.ts";
import { type Distillation, distillationLoss, requireDistillation } from "../losses/distillation-loss.ts";
import { type LabelLoss, labelLearning } from "../losses/label-loss.ts";
import { multiLabelDistillationLoss } from "../losses/multi-label-distillation.ts";
import { classesOf, trainableVariables } from "../models/model-outputs.ts";
import { type Preprocess, toUnitRange } from "../models/preprocess.ts";
import { requireLogits } from "../teachers/outputs-of-layers.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { forwardHinted } from "./hinted-forward.ts";
import { exampleOf, modelInput } from "./task-input.ts";

/** Options of the tasks that distill a teacher's logits. */
export interface DistillationOptions {
  /** Model to train, with logits as outputs. */
  readonly student: tfl.LayersModel;
  /** Teacher. */
  readonly teacher: Teacher;
  /** Label smoothing, in [0, 1). Default 0.1. */
  readonly labelSmoothing?: number;
  /** Loss of the labels. Default: cross-entropy; binary cross-entropy for several labels. */
  readonly loss?: LabelLoss;
  /** Factor of each class in the labels' loss, as PyTorch's `CrossEntropyLoss(weight)`; the mean is over rows. Default: 1 for all. */
  readonly classWeights?: readonly number[];
  /**
   * Whether samples may have several labels: batches have multi-hot `targets`, and labels of −2. The teacher then teaches each class as a
   * question of its own: `hard` is whether its probability is above 0.5, `soft` the KL divergence of the two answers at a temperature; the
   * mean over the classes, unless `reduction` is `"batchmean"`. Default false.
   */
  readonly multiLabel?: boolean;
  /** Distillation loss. Default `{ kind: "hard" }`. */
  readonly distillation?: Distillation;
  /** Weight of the distillation loss, in [0, 1]; the labels' loss gets the rest. Default 0.5. */
  readonly alpha?: number;
  /** Preprocessing of a batch's images to the student's input. Default `x / 255`. */
  readonly preprocess?: Preprocess;
  /** Hints from the inner layers of this teacher, or of another, added to the loss. Default: none. */
  readonly hints?: FeatureHints;
}

const CHECKS: Checks<DistillationOptions> = {
  student: OBJECT,
  teacher: OBJECT,
  labelSmoothing: optional(RATE),
  loss: optional(OBJECT),
  classWeights: optional(CLASS_WEIGHTS),
  multiLabel: optional(BOOLEAN),
  distillation: optional(OBJECT),
  alpha: optional(FRACTION),
  preprocess: optional(FUNCTION),
  hints: optional(FEATURE_HINTS),
};

/** Outputs of a kind of student: the logits trained on labels, those trained on the teacher, and the prediction. */
export interface StudentHeads {
  readonly outputs: number;
  readonly learning: (
    outputs: readonly tf.Tensor2D[],
    alpha: number,
  ) => {
    readonly ofLabels: tf.Tensor2D;
    readonly ofTeacher: tf.Tensor2D;
    readonly answer: tf.Tensor2D;
  };
}

/**
 * Creates a task with the loss `(1 − alpha) · CE(labels) + alpha · distillationLoss(teacher)` on the logits of `heads`, plus the
 * hints' term. CE is the mean over what the batch has labeled, the other terms are means over all its rows.
 */
export function taughtTask(caller: string, options: DistillationOptions, heads: StudentHeads): Task {
  requireOptions(caller, options, CHECKS);
  const { student, teacher, labelSmoothing = 0.1, alpha = 0.5, preprocess = toUnitRange, hints } = options;
  const { distillation = { kind: "hard" }, multiLabel = false } = options;
  requireDistillation(caller, distillation);
  const classes = classesOf(caller, student, heads.outputs);
  requireLogits(caller, student);
  if (teacher.classes !== classes) {
    throw new RangeError(
      `${caller}: the teacher must have the student's ${classes} classes, got ${teacher.classes}`,
    );
  }
  requireHints(caller, hints, student);
  /** Runs the teacher for logits, and once for both if hints are of the same teacher. */
  const teach = async (batch: MicroBatch, step: number): Promise<Partial<Prepared>> => {
    const { teacherImages } = batch;
    if (hints === undefined || hints.factorAt(step) === 0)
      return { teacherLogits: await teacher.logits(teacherImages, batch) };
    const { logits, targets: teacherFeatures } = await hints.teach(teacherImages, batch.forward);
    const withWeights = (teacherLogits: tf.Tensor2D): Partial<Prepared> => {
      const stepNumbers = hints.weightsAt(step);
      return { teacherLogits, teacherFeatures, ...(stepNumbers && { stepNumbers }) };
    };
    if (hints.teacher === teacher) return withWeights(logits);
    logits.dispose();
    try {
      return withWeights(await teacher.logits(teacherImages, batch));
    } catch (error) {
      tf.dispose(teacherFeatures);
      throw error;
    }
  };
  const { targetsOf, lossOf, settings } = labelLearning(caller, { ...options, labelSmoothing }, classes);
  const distilledLoss = multiLabel ? multiLabelDistillationLoss : distillationLoss;
  return {
    model: student,
    classes,
    variables: [...trainableVariables(student), ...(hints?.variables ?? [])],
    parts: {
      train: ["student_loss", "distillation_loss", ...(hints ? ["hint_loss"] : [])],
      evaluate: ["student_loss"],
      labeled: ["student_loss"],
    },
    unlabeled: alpha > 0 || hints !== undefined,
    dependsOnStep: false,
    ...(multiLabel && { multiLabel }),
    settings: { labelSmoothing, ...settings, distillation, alpha, ...(hints && { hints: hints.settings }) },

    async prepare(batch, training, step): Promise<Prepared> {
      const inputs = modelInput(caller, student, batch.images, preprocess);
      try {
        const taught = training ? await teach(batch, step) : {};
        return { inputs, ...targetsOf(batch), ...taught };
      } catch (error) {
        if (inputs !== batch.images) inputs.dispose();
        throw error;
      }
    },

    example: (rows) => ({
      ...exampleOf(student, rows, classes),
      teacherLogits: tf.zeros([rows, classes]),
      ...(hints && { teacherFeatures: hints.exampleTargets(rows) }),
    }),

    train(prepared, sampleKeys): Outcome {
      const { teacherLogits } = prepared;
      const { outputs, term } = forwardHinted(student, hints, prepared, { training: true, sampleKeys });
      const { ofLabels, ofTeacher, answer } = heads.learning(outputs as readonly tf.Tensor2D[], alpha);
      const studentLoss = lossOf(prepared, ofLabels);
      const distilled = tf.mean(distilledLoss(distillation, teacherLogits!, ofTeacher)) as tf.Scalar;
      const loss = weighted(studentLoss, distilled, alpha);
      return {
        loss: term === undefined ? loss : tf.add(loss, term),
        parts: {
          ...{ student_loss: studentLoss, distillation_loss: distilled },
          ...(term && { hint_loss: term }),
        },
        logits: answer,
      };
    },

    evaluate: (prepared) =>
      tidyOutcome(() => {
        const outputs = [
          student.apply(prepared.inputs, { training: false }) as tf.Tensor2D | tf.Tensor2D[],
        ].flat();
        const { answer } = heads.learning(outputs, alpha);
        const loss = lossOf(prepared, answer);
        return { loss, parts: { student_loss: loss }, logits: answer };
      }),
  };
}

/** `(1 − alpha) · labels + alpha · taught`, one op on the tape. */
function weighted(labels: tf.Scalar, taught: tf.Scalar, alpha: number): tf.Scalar {
  return customOp([labels, taught], (a, b) => ({
    value: tf.add(tf.mul(a, 1 - alpha), tf.mul(b, alpha)),
    saved: [],
    backward: (dy) => [tf.mul(dy, 1 - alpha), tf.mul(dy, alpha)],
  })) as tf.Scalar; // of scalars
}
