import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, FUNCTION, optional, RATE, requireOptions } from "known-options";
import type { BatchLogs } from "./batch-logs.ts";
import type { DataSource } from "./data-source.ts";
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
import { requireLogits } from "./teachers/outputs-of-layers.ts";
import type { Trainer } from "./trainer.ts";

/** Options of {@link Classifier.compile}. */
export interface ClassifierCompileArgs extends StepOptions {
  /** In [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** From a batch's images to the model's input. Default `x / 255`. */
  readonly preprocess?: Preprocess;
}

const CHECKS: Checks<ClassifierCompileArgs> = {
  ...STEP_CHECKS,
  labelSmoothing: optional(RATE),
  preprocess: optional(FUNCTION),
};

/**
 * Trains a model with one output on labels alone: a teacher, or a student without its teacher.
 *
 * The loss is the mean cross-entropy with smoothed labels. Logs: `loss`, `accuracy`, and `val_…` of both.
 *
 * @throws RangeError if the model does not have one output of shape `[batch, classes]`, or ends in a softmax or a sigmoid.
 *
 * @example
 * const classifier = new Classifier(model);
 * classifier.compile({ optimizer: new AdamW({ learningRate: 1e-3 }), labelSmoothing: 0.1 });
 * const history = await classifier.fitDataset(train, { epochs: 5, validationData: validation });
 * console.log(history.history.val_accuracy);
 */
export class Classifier implements Trainer {
  readonly model: tfl.LayersModel;
  readonly #classes: number;
  #compiled: { objective: Objective; step: StepOptions } | undefined;

  constructor(model: tfl.LayersModel) {
    this.#classes = classesOf("Classifier", model, 1);
    requireLogits("Classifier", model);
    this.model = model;
  }

  compile(args: ClassifierCompileArgs): void {
    requireOptions("Classifier.compile", args, CHECKS);
    const { labelSmoothing = 0, preprocess = toUnitRange } = args;
    const objective = classification(this.model, this.#classes, labelSmoothing, preprocess);
    this.#compiled = { objective, step: args };
  }

  /** Trains; see {@link FitOptions}. The model's variables change in place. */
  fitDataset(source: DataSource, options: FitOptions): Promise<tfl.History> {
    const { objective, step } = this.#requireCompiled("fitDataset");
    return fit(objective, step, source, options);
  }

  /** @returns `loss` and `accuracy` over `source`. */
  evaluateDataset(source: DataSource, options: EvaluateDatasetOptions = {}): Promise<BatchLogs> {
    return evaluateDataset(this.#requireCompiled("evaluateDataset").objective, source, options);
  }

  /** What the training loop knows of it: an `Objective`. */
  get objective(): Objective {
    return this.#requireCompiled("objective").objective;
  }

  #requireCompiled(caller: string): { objective: Objective; step: StepOptions } {
    if (this.#compiled === undefined) throw new Error(`Classifier.${caller}: call compile() first`);
    return this.#compiled;
  }
}

function classification(
  model: tfl.LayersModel,
  classes: number,
  labelSmoothing: number,
  preprocess: Preprocess,
): Objective {
  const outcome = ({ inputs, targets }: Prepared, kwargs: object): Outcome => {
    const logits = model.apply(inputs, { ...kwargs }) as tf.Tensor2D;
    const loss = tf.mean(softmaxCrossEntropy(targets, logits)) as tf.Scalar;
    return { loss, parts: {}, logits };
  };
  return {
    model,
    classes,
    variables: trainableVariables(model),
    parts: { train: [], evaluate: [] },
    settings: { labelSmoothing },
    prepare: async (batch: MicroBatch) => ({
      inputs: modelInput("Classifier", model, batch.images, preprocess),
      targets: smoothedTargets(batch, classes, labelSmoothing),
    }),
    example: (rows) => exampleOf(model, rows, classes),
    train: (prepared, sampleKeys) => outcome(prepared, { training: true, sampleKeys }),
    evaluate: (prepared) => tidyOutcome(() => outcome(prepared, { training: false })),
  };
}
