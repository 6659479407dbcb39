import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";

/** Logs by name: `loss`, the task's parts, and `accuracy` in [0, 1]. */
export type BatchLogs = Record<string, number>;

/** Rows of a batch on the backend. */
export interface MicroBatch {
  /** Student's images, `[n, …sample]`. */
  readonly images: tf.Tensor;
  /** Teacher's images; may be `images`. */
  readonly teacherImages: tf.Tensor;
  /** Labels `[n]`, int32; −1 for a row without one. */
  readonly labels: tf.Tensor1D;
  /**
   * Weight of each row in the labels' loss, `[n]`, float32, with the mean 1 over the whole batch: the labeled share of the row over that
   * of the batch. Absent if all rows of the batch are labeled.
   */
  readonly labelWeights?: tf.Tensor1D;
  /** Soft labels `[n, classes]`, trained on in place of `labels`, if the batch has any. */
  readonly targets?: tf.Tensor2D;
  /** Key of each sample. */
  readonly sampleKeys: Uint32Array;
  /** Keys of the teacher's images, if the batch has any. */
  readonly viewKeys?: BigUint64Array;
  /** Runs frozen models captured, where the run captures its steps. */
  readonly forward?: CapturedForward;
}

/**
 * Runs a frozen model's forward pass, captured from the second time on where that is possible.
 *
 * @param pass - What is run: the model, and the name of what is computed of it.
 * @param input - Its only input, float32. Not disposed.
 * @param compute - The pass: synchronous, the same for the same `pass` and shape of the input.
 * @returns New tensors, owned by the caller.
 */
export type CapturedForward = (
  pass: { readonly model: object; readonly name: string },
  input: tf.Tensor,
  compute: (input: tf.Tensor) => tf.Tensor[],
) => Promise<tf.Tensor[]>;

/** Tensors computed before the gradient tape starts, so that none of them is kept for the backward pass. */
export interface Prepared {
  /** Input of the model, preprocessed. */
  readonly inputs: tf.Tensor;
  /** Targets `[n, classes]`: smoothed one-hot labels, or the batch's smoothed targets; times the rows' label weights, if there are any. */
  readonly targets: tf.Tensor2D;
  /** Weights of the rows in the labels' loss, `[n]`, where the targets are not multiplied by them. */
  readonly labelWeights?: tf.Tensor1D;
  /** Teacher's logits `[n, classes]`, if there is a teacher. */
  readonly teacherLogits?: tf.Tensor2D;
  /** Outputs of the teacher's inner layers, `[n, …]` each, if the task learns from them. */
  readonly teacherFeatures?: readonly tf.Tensor[];
  /**
   * Numbers that follow from the step, `[n]`, such as the weight of a term that falls by a schedule. A task that takes them from here, and
   * not from the step in `train`, does not depend on the step.
   */
  readonly stepNumbers?: tf.Tensor1D;
}

/** Result of a forward pass: means over the micro-batch. */
export interface Outcome {
  /** Scalar to minimize, logged as `loss`. */
  readonly loss: tf.Scalar;
  /** Further scalars to log, by name. */
  readonly parts: Readonly<Record<string, tf.Scalar>>;
  /** Logits `[n, classes]`, from which accuracy is computed. */
  readonly logits: tf.Tensor2D;
}

/**
 * A training task: model, loss and logs.
 *
 * `prepare` runs outside the gradient tape, `train` inside it. The caller owns all tensors that they return.
 *
 * @example
 * const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 3, inputShape: [4] })] });
 * const outcome = ({ inputs, targets }: Prepared, kwargs: object): Outcome => {
 *   const logits = model.apply(inputs, { ...kwargs }) as tf.Tensor2D;
 *   return { loss: tf.losses.meanSquaredError(targets, logits) as tf.Scalar, parts: {}, logits };
 * };
 * const task: Task = {
 *   model,
 *   classes: 3,
 *   variables: model.trainableWeights.map((weight) => weight.read() as tf.Variable),
 *   parts: { train: [], evaluate: [] },
 *   dependsOnStep: false,
 *   settings: { loss: "mean squared error" },
 *   prepare: async ({ images, labels }) => ({
 *     inputs: tf.div(images, 255),
 *     targets: tf.cast(tf.oneHot(labels, 3), "float32") as tf.Tensor2D,
 *   }),
 *   example: (rows) => ({ inputs: tf.zeros([rows, 4]), targets: tf.zeros([rows, 3]) }),
 *   train: (prepared, sampleKeys) => outcome(prepared, { training: true, sampleKeys }),
 *   evaluate: (prepared) => tidyOutcome(() => outcome(prepared, { training: false })),
 * };
 * const source = arraySource({ images: new Float32Array(6 * 4), shape: [6, 4], labels: [0, 1, 2, 0, 1, 2] }, { batchSize: 3 });
 * await fit(task, tf.train.adam(1e-3), source, { epochs: 5 });
 */
export interface Task {
  /** Model to train. */
  readonly model: tfl.LayersModel;
  /** Number of classes of labels, targets and logits. */
  readonly classes: number;
  /**
   * Variables that training changes: the model's in its order, then the task's own, such as a projection that only the loss needs.
   * The task's own are part of checkpoints and replicas, not of the model and its moving average.
   */
  readonly variables: readonly tf.Variable[];
  /**
   * Names of an outcome's parts, by which replicas sum them. `labeled` are those of `train` that are means over labeled rows, by their
   * labeled share: they are not logged for a batch that has none, and an epoch's is the mean over all labeled rows of the epoch if one
   * of its rows is not labeled (otherwise the mean of batch means, as the loss).
   */
  readonly parts: {
    readonly train: readonly string[];
    readonly evaluate: readonly string[];
    readonly labeled?: readonly string[];
  };
  /**
   * Whether training batches may have rows without a label (−1): `prepare` then gets `labelWeights`, by which rows count in the
   * labels' loss. Default false: such rows are refused. Validation data has labels in any case.
   */
  readonly unlabeled?: boolean;
  /**
   * Whether samples may have several labels: batches then have the label −2 (`MULTI_LABEL`) and multi-hot `targets`, and `accuracy` is the
   * share of rows whose classes are all answered right, by logits above 0 (scikit-learn's `accuracy_score`). Default false: such batches
   * are refused, as are others where it is true.
   */
  readonly multiLabel?: boolean;
  /**
   * Whether `train` and `evaluate` depend on the step, or on anything else but their tensors and the model's weights. Where they do not,
   * WebGPU records them and plays them again, without JavaScript; what they would have read then is the same in every step. Default
   * true: they run as they are.
   */
  readonly dependsOnStep?: boolean;
  /** Settings by name, as plain data, which must be equal in replicas and on resume. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Computes what needs no gradient, such as the teacher's logits. `step` counts optimizer steps from 0; 0 in an evaluation. */
  prepare(batch: MicroBatch, training: boolean, step: number): Promise<Prepared>;
  /** Returns the result of `prepare` for `rows` samples of zeros, to measure memory. */
  example(rows: number): Prepared;
  /**
   * Runs the forward pass of training. `sampleKeys` are for layers that draw from them, such as `StochasticDepth`: uint32 on the host, or
   * in a step that is recorded their bits as an int32 tensor. `step`, counted from 0, is for weights with a schedule.
   */
  train(prepared: Prepared, sampleKeys: Uint32Array | tf.Tensor1D, step: number): Outcome;
  /** Runs the forward pass without training. */
  evaluate(prepared: Prepared): Outcome;
}

/** Runs a forward pass and frees all its tensors except the outcome. */
export function tidyOutcome(forward: () => Outcome): Outcome {
  let outcome: Outcome | undefined;
  tf.tidy(() => {
    outcome = forward();
    return [outcome.loss, outcome.logits, ...Object.values(outcome.parts)];
  });
  return outcome!;
}
