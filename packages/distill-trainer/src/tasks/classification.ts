import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { BOOLEAN, type Checks, FUNCTION, OBJECT, optional, RATE, requireOptions } from "known-options";
import { type Outcome, type Prepared, type Task, tidyOutcome } from "train-loop";
import { FEATURE_HINTS, type FeatureHints, requireHints } from "../hints/feature-hints.ts";
import { CLASS_WEIGHTS } from "../losses/binary-cross-entropy.ts";
import { type LabelLoss, labelLearning } from "../losses/label-loss.ts";
import { classesOf, trainableVariables } from "../models/model-outputs.ts";
import { type Preprocess, toUnitRange } from "../models/preprocess.ts";
import { requireLogits } from "../teachers/outputs-of-layers.ts";
import { forwardHinted } from "./hinted-forward.ts";
import { exampleOf, modelInput } from "./task-input.ts";

/** Options of {@link classification}. */
export interface ClassificationOptions {
  /** Model with one output of logits, `[batch, classes]`. */
  readonly model: tfl.LayersModel;
  /** Label smoothing, in [0, 1). Default 0. */
  readonly labelSmoothing?: number;
  /** Loss of the labels. Default: cross-entropy; binary cross-entropy for several labels. */
  readonly loss?: LabelLoss;
  /** Factor of each class in the loss, as PyTorch's `CrossEntropyLoss(weight)`; the mean is over rows. Default: 1 for all. */
  readonly classWeights?: readonly number[];
  /** Whether samples may have several labels: batches have multi-hot `targets`, and labels of −2. Default false. */
  readonly multiLabel?: boolean;
  /** Preprocessing of a batch's images to the model's input. Default `x / 255`. */
  readonly preprocess?: Preprocess;
  /** Hints from a teacher's inner layers, added to the loss. Default: none. */
  readonly hints?: FeatureHints;
}

const CHECKS: Checks<ClassificationOptions> = {
  model: OBJECT,
  labelSmoothing: optional(RATE),
  loss: optional(OBJECT),
  classWeights: optional(CLASS_WEIGHTS),
  multiLabel: optional(BOOLEAN),
  preprocess: optional(FUNCTION),
  hints: optional(FEATURE_HINTS),
};

/**
 * Creates the task of learning from labels alone, for a teacher, or a student without one; or from labels and a teacher's inner
 * layers ({@link FeatureHints}).
 *
 * The loss is the mean cross-entropy with smoothed labels, or another {@link LabelLoss}, plus the hints' term. Logs: `loss` and `accuracy`; with hints
 * `hint_loss`, as it is added. Samples without a label (−1) learn from hints alone, and are refused without any.
 *
 * @throws RangeError if the model does not have one output of shape `[batch, classes]`, or ends in a softmax or a sigmoid, or the
 * hints are for another model.
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
  const { model, labelSmoothing = 0, preprocess = toUnitRange, hints, multiLabel = false } = options;
  const classes = classesOf(caller, model, 1);
  requireLogits(caller, model);
  requireHints(caller, hints, model);
  const { targetsOf, lossOf, settings } = labelLearning(caller, { ...options, labelSmoothing }, classes);
  return {
    model,
    classes,
    variables: [...trainableVariables(model), ...(hints?.variables ?? [])],
    parts: { train: hints === undefined ? [] : ["hint_loss"], evaluate: [] },
    unlabeled: hints !== undefined,
    dependsOnStep: false,
    ...(multiLabel && { multiLabel }),
    settings: { labelSmoothing, ...settings, ...(hints && { hints: hints.settings }) },

    async prepare(batch, training, step): Promise<Prepared> {
      const inputs = modelInput(caller, model, batch.images, preprocess);
      const learning = targetsOf(batch);
      if (!training || hints === undefined || hints.factorAt(step) === 0) return { inputs, ...learning };
      try {
        const { logits, targets: teacherFeatures } = await hints.teach(batch.teacherImages, batch.forward);
        logits.dispose();
        const stepNumbers = hints.weightsAt(step);
        return { inputs, ...learning, teacherFeatures, ...(stepNumbers && { stepNumbers }) };
      } catch (error) {
        tf.dispose(Object.values(learning));
        if (inputs !== batch.images) inputs.dispose();
        throw error;
      }
    },

    example: (rows) => ({
      ...exampleOf(model, rows, classes),
      ...(hints && { teacherFeatures: hints.exampleTargets(rows) }),
    }),

    train(prepared, sampleKeys): Outcome {
      const { outputs, term } = forwardHinted(model, hints, prepared, { training: true, sampleKeys });
      const logits = outputs[0] as tf.Tensor2D;
      const loss = lossOf(prepared, logits);
      if (term === undefined) return { loss, parts: {}, logits };
      return { loss: tf.add(loss, term) as tf.Scalar, parts: { hint_loss: term }, logits };
    },

    evaluate: (prepared) =>
      tidyOutcome(() => {
        const logits = model.apply(prepared.inputs, { training: false }) as tf.Tensor2D;
        return { loss: lossOf(prepared, logits), parts: {}, logits };
      }),
  };
}
