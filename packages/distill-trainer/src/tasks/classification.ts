import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { type Checks, FUNCTION, OBJECT, optional, RATE, requireOptions } from "known-options";
import { type Outcome, type Prepared, type Task, tidyOutcome } from "train-loop";
import { smoothedTargets } from "../losses/label-smoothing.ts";
import { softmaxCrossEntropy } from "../losses/softmax-cross-entropy.ts";
import { classesOf, trainableVariables } from "../models/model-outputs.ts";
import { type Preprocess, toUnitRange } from "../models/preprocess.ts";
import { requireLogits } from "../teachers/outputs-of-layers.ts";
import { exampleOf, modelInput } from "./task-input.ts";

/** Options of {@link classification}. */
export interface ClassificationOptions {
  /** Model with one output of logits, `[batch, classes]`. */
  readonly model: tfl.LayersModel;
  /** Label smoothing, in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** Preprocessing of a batch's images to the model's input. Default `x / 255`. */
  readonly preprocess?: Preprocess;
}

const CHECKS: Checks<ClassificationOptions> = {
  model: OBJECT,
  labelSmoothing: optional(RATE),
  preprocess: optional(FUNCTION),
};

/**
 * Creates the task of learning from labels alone: for a teacher, or a student without one.
 *
 * The loss is the mean cross-entropy with smoothed labels. Logs: `loss` and `accuracy`.
 *
 * @throws RangeError if the model does not have one output of shape `[batch, classes]`, or ends in a softmax or a sigmoid.
 *
 * @example
 * import { AdamW } from "tfjs-optim";
 * import { fit } from "train-loop";
 *
 * const task = classification({ model, labelSmoothing: 0.1 });
 * await fit(task, new AdamW({ learningRate: 1e-3 }), train, { epochs: 5, validationData: validation });
 */
export function classification(options: ClassificationOptions): Task {
  return classificationFor("classification", options);
}

/** Creates the task of {@link classification}; errors name the caller. */
export function classificationFor(caller: string, options: ClassificationOptions): Task {
  requireOptions(caller, options, CHECKS);
  const { model, labelSmoothing = 0, preprocess = toUnitRange } = options;
  const classes = classesOf(caller, model, 1);
  requireLogits(caller, model);
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
    prepare: async (batch) => ({
      inputs: modelInput(caller, model, batch.images, preprocess),
      targets: smoothedTargets(batch, classes, labelSmoothing),
    }),
    example: (rows) => exampleOf(model, rows, classes),
    train: (prepared, sampleKeys) => outcome(prepared, { training: true, sampleKeys }),
    evaluate: (prepared) => tidyOutcome(() => outcome(prepared, { training: false })),
  };
}
