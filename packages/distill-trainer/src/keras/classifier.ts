import type * as tfl from "@tensorflow/tfjs-layers";
import { BOOLEAN, type Checks, FUNCTION, OBJECT, optional, RATE, requireOptions } from "known-options";
import { STEP_CHECKS, type StepOptions, type Task } from "train-loop";
import { FEATURE_HINTS } from "../hints/feature-hints.ts";
import { CLASS_WEIGHTS } from "../losses/binary-cross-entropy.ts";
import { type ClassificationOptions, classificationFor } from "../tasks/classification.ts";
import { CompiledTask } from "./compiled-task.ts";

/** Options of {@link Classifier.compile}. */
export interface ClassifierCompileArgs extends StepOptions, Omit<ClassificationOptions, "model"> {}

const CHECKS: Checks<ClassifierCompileArgs> = {
  ...STEP_CHECKS,
  labelSmoothing: optional(RATE),
  loss: optional(OBJECT),
  classWeights: optional(CLASS_WEIGHTS),
  multiLabel: optional(BOOLEAN),
  preprocess: optional(FUNCTION),
  hints: optional(FEATURE_HINTS),
};

/**
 * Keras-style trainer of {@link classification}: trains a model with one output on labels.
 *
 * @throws RangeError if the model does not have one output of shape `[batch, classes]`, or ends in a softmax or a sigmoid.
 *
 * @example
 * import { AdamW } from "tfjs-optim";
 *
 * const classifier = new Classifier(model);
 * classifier.compile({ optimizer: new AdamW({ learningRate: 1e-3 }), labelSmoothing: 0.1 });
 * const history = await classifier.fitDataset(train, { epochs: 5, validationData: validation });
 * console.log(history.history.val_accuracy);
 */
export class Classifier extends CompiledTask<ClassifierCompileArgs> {
  protected readonly name = "Classifier";
  readonly model: tfl.LayersModel;

  constructor(model: tfl.LayersModel) {
    super();
    classificationFor("Classifier", { model }); // throws for models that it cannot train
    this.model = model;
  }

  protected override createTask(args: ClassifierCompileArgs): Task {
    requireOptions("Classifier.compile", args, CHECKS);
    const { optimizer: _, gradientTransform: __, ema: ___, ...options } = args;
    return classificationFor("Classifier", { model: this.model, ...options });
  }
}
