import type * as tfl from "@tensorflow/tfjs-layers";
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
import { STEP_CHECKS, type StepOptions, type Task } from "train-loop";
import { FEATURE_HINTS } from "../hints/feature-hints.ts";
import { CLASS_WEIGHTS } from "../losses/binary-cross-entropy.ts";
import { type DistillationOptions, taughtTask } from "../tasks/taught-task.ts";
import { TOKEN_HEADS } from "../tasks/token-distillation.ts";
import type { Teacher } from "../teachers/teacher.ts";
import { CompiledTask } from "./compiled-task.ts";

/** Student and teacher of a {@link Distiller}. */
export interface DistillerArgs {
  /** Student with two outputs `[batch, classes]`: the classification head's logits, then the distillation head's. */
  readonly student: tfl.LayersModel;
  /** Teacher. */
  readonly teacher: Teacher;
}

/** Options of {@link Distiller.compile}. The defaults are the Keras example's. */
export interface DistillerCompileArgs extends StepOptions, Omit<DistillationOptions, keyof DistillerArgs> {}

const CHECKS: Checks<DistillerCompileArgs> = {
  ...STEP_CHECKS,
  labelSmoothing: optional(RATE),
  loss: optional(OBJECT),
  classWeights: optional(CLASS_WEIGHTS),
  multiLabel: optional(BOOLEAN),
  distillation: optional(OBJECT),
  alpha: optional(FRACTION),
  preprocess: optional(FUNCTION),
  hints: optional(FEATURE_HINTS),
};

/**
 * Keras-style trainer of {@link tokenDistillation}, with the methods of the Keras example.
 *
 * @throws RangeError if the student does not have two outputs of logits, or the teacher has another number of classes.
 * @see https://keras.io/examples/vision/deit/
 *
 * @example
 * import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
 *
 * const distiller = new Distiller({ student, teacher });
 * distiller.compile({ optimizer: new AdamW({ ...ADAMW_SEMANTICS.tfa, learningRate: 2.5e-4, weightDecay: 1e-4 }) });
 * const history = await distiller.fitDataset(train, { epochs: 20, validationData: validation });
 * console.log(history.history.val_accuracy);
 */
export class Distiller extends CompiledTask<DistillerCompileArgs> {
  protected readonly name = "Distiller";
  readonly student: tfl.LayersModel;
  readonly teacher: Teacher;

  constructor(args: DistillerArgs) {
    super();
    requireOptions("Distiller", args, { student: OBJECT, teacher: OBJECT });
    taughtTask("Distiller", args, TOKEN_HEADS); // throws for students and teachers that do not fit
    this.student = args.student;
    this.teacher = args.teacher;
  }

  protected override createTask(args: DistillerCompileArgs): Task {
    requireOptions("Distiller.compile", args, CHECKS);
    const { optimizer: _, gradientTransform: __, ema: ___, ...options } = args;
    const { student, teacher } = this;
    return taughtTask("Distiller", { student, teacher, ...options }, TOKEN_HEADS);
  }
}
