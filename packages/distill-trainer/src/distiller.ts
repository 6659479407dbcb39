import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, FRACTION, FUNCTION, OBJECT, optional, RATE, requireOptions } from "known-options";
import type { BatchLogs } from "./batch-logs.ts";
import type { DataSource } from "./data-source.ts";
import { type Distillation, distillationLoss, requireDistillation } from "./distillation-loss.ts";
import { type EvaluateDatasetOptions, evaluateDataset } from "./evaluate.ts";
import { fit } from "./fit.ts";
import type { FitOptions } from "./fit-options.ts";
import { smoothedTargets } from "./label-smoothing.ts";
import { classesOf, trainableVariables } from "./model-outputs.ts";
import {
  exampleOf,
  type MicroBatch,
  modelInput,
  type Objective,
  type Outcome,
  type Prepared,
  tidyOutcome,
} from "./objective.ts";
import { type Preprocess, toUnitRange } from "./preprocess.ts";
import { softmaxCrossEntropy } from "./softmax-cross-entropy.ts";
import { STEP_CHECKS, type StepOptions } from "./step.ts";
import type { Teacher } from "./teacher.ts";
import { requireLogits } from "./teachers/outputs-of-layers.ts";
import type { Trainer } from "./trainer.ts";

/** Who teaches whom. */
export interface DistillerArgs {
  /** Two outputs of shape `[batch, classes]`: the classification head's logits, then the distillation head's. */
  readonly student: tfl.LayersModel;
  readonly teacher: Teacher;
}

/** Options of {@link Distiller.compile}. The defaults are the Keras example's. */
export interface DistillerCompileArgs extends StepOptions {
  /** In [0, 1). Default 0.1. */
  readonly labelSmoothing?: number;
  /** Default `{ kind: "hard" }`. */
  readonly distillation?: Distillation;
  /** Weight of the distillation loss, in [0, 1]; the labels' loss gets the rest. Default 0.5. */
  readonly alpha?: number;
  /** From a batch's images to the student's input. Default `x / 255`. */
  readonly preprocess?: Preprocess;
}

const CHECKS: Checks<DistillerCompileArgs> = {
  ...STEP_CHECKS,
  labelSmoothing: optional(RATE),
  distillation: optional(OBJECT),
  alpha: optional(FRACTION),
  preprocess: optional(FUNCTION),
};

/**
 * Distillation through a token (DeiT): the class head learns from the labels, the distillation head from the teacher.
 *
 * `loss = (1 − alpha) · CE(labels, class head) + alpha · distillationLoss(teacher, distillation head)`.
 * Evaluation and accuracy use the mean of the two heads' logits. Logs, named as in the Keras example: `loss`,
 * `student_loss`, `distillation_loss`, `accuracy`; for validation `val_loss` = `val_student_loss` and `val_accuracy`.
 *
 * @throws RangeError if the student does not have two outputs of logits, or the teacher has another number of classes.
 * @see Touvron et al. 2021, https://arxiv.org/abs/2012.12877; https://keras.io/examples/vision/deit/
 *
 * @example
 * const distiller = new Distiller({ student, teacher });
 * distiller.compile({ optimizer: new AdamW({ ...ADAMW_SEMANTICS.tfa, learningRate: 2.5e-4, weightDecay: 1e-4 }) });
 * const history = await distiller.fitDataset(train, { epochs: 20, validationData: validation });
 * console.log(history.history.val_accuracy);
 */
export class Distiller implements Trainer {
  readonly student: tfl.LayersModel;
  readonly teacher: Teacher;
  #compiled: { objective: Objective; step: StepOptions } | undefined;

  constructor(args: DistillerArgs) {
    requireOptions("Distiller", args, { student: OBJECT, teacher: OBJECT });
    const { student, teacher } = args;
    const classes = classesOf("Distiller", student, 2);
    requireLogits("Distiller", student);
    if (teacher.classes !== classes) {
      throw new RangeError(
        `Distiller: the teacher must have the student's ${classes} classes, got ${teacher.classes}`,
      );
    }
    this.student = student;
    this.teacher = teacher;
  }

  compile(args: DistillerCompileArgs): void {
    requireOptions("Distiller.compile", args, CHECKS);
    const { labelSmoothing = 0.1, distillation = { kind: "hard" }, alpha = 0.5 } = args;
    requireDistillation("Distiller.compile", distillation);
    const settings = { labelSmoothing, distillation, alpha, preprocess: args.preprocess ?? toUnitRange };
    this.#compiled = { objective: distilling(this.student, this.teacher, settings), step: args };
  }

  /** Trains the student; see {@link FitOptions}. Its variables change in place. */
  fitDataset(source: DataSource, options: FitOptions): Promise<tfl.History> {
    const { objective, step } = this.#requireCompiled("fitDataset");
    return fit(objective, step, source, options);
  }

  /** @returns `loss`, `student_loss` (equal to it) and `accuracy` of the averaged logits over `source`. */
  evaluateDataset(source: DataSource, options: EvaluateDatasetOptions = {}): Promise<BatchLogs> {
    return evaluateDataset(this.#requireCompiled("evaluateDataset").objective, source, options);
  }

  /** What the training loop knows of it: an `Objective`. */
  get objective(): Objective {
    return this.#requireCompiled("objective").objective;
  }

  #requireCompiled(caller: string): { objective: Objective; step: StepOptions } {
    if (this.#compiled === undefined) throw new Error(`Distiller.${caller}: call compile() first`);
    return this.#compiled;
  }
}

interface Settings {
  readonly labelSmoothing: number;
  readonly distillation: Distillation;
  readonly alpha: number;
  readonly preprocess: Preprocess;
}

function distilling(student: tfl.LayersModel, teacher: Teacher, settings: Settings): Objective {
  const { labelSmoothing, distillation, alpha, preprocess } = settings;
  const heads = (inputs: tf.Tensor, kwargs: object): [tf.Tensor2D, tf.Tensor2D] =>
    student.apply(inputs, { ...kwargs }) as [tf.Tensor2D, tf.Tensor2D];
  const meanLogits = (cls: tf.Tensor2D, dist: tf.Tensor2D): tf.Tensor2D =>
    tf.div(tf.add(cls, dist), 2) as tf.Tensor2D;

  return {
    model: student,
    classes: teacher.classes,
    variables: trainableVariables(student),
    parts: { train: ["student_loss", "distillation_loss"], evaluate: ["student_loss"] },
    settings: { labelSmoothing, distillation, alpha },

    async prepare(batch: MicroBatch, training: boolean): Promise<Prepared> {
      const inputs = modelInput("Distiller", student, batch.images, preprocess);
      try {
        const taught = training ? { teacherLogits: await teacher.logits(batch.teacherImages, batch) } : {};
        return { inputs, targets: smoothedTargets(batch, teacher.classes, labelSmoothing), ...taught };
      } catch (error) {
        if (inputs !== batch.images) inputs.dispose();
        throw error;
      }
    },

    example: (rows) => ({
      ...exampleOf(student, rows, teacher.classes),
      teacherLogits: tf.zeros([rows, teacher.classes]),
    }),

    train({ inputs, targets, teacherLogits }: Prepared, sampleKeys: Uint32Array): Outcome {
      const [cls, dist] = heads(inputs, { training: true, sampleKeys });
      const studentLoss = tf.mean(softmaxCrossEntropy(targets, cls)) as tf.Scalar;
      const distilled = tf.mean(distillationLoss(distillation, teacherLogits!, dist)) as tf.Scalar;
      const loss = tf.add(tf.mul(studentLoss, 1 - alpha), tf.mul(distilled, alpha)) as tf.Scalar;
      return {
        loss,
        parts: { student_loss: studentLoss, distillation_loss: distilled },
        logits: meanLogits(cls, dist),
      };
    },

    evaluate({ inputs, targets }: Prepared): Outcome {
      return tidyOutcome(() => {
        const logits = meanLogits(...heads(inputs, { training: false }));
        const loss = tf.mean(softmaxCrossEntropy(targets, logits)) as tf.Scalar;
        return { loss, parts: { student_loss: loss }, logits };
      });
    },
  };
}
