import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";

/** A batch's numbers by name: `loss`, the task's parts, and `accuracy` in [0, 1]. */
export type BatchLogs = Record<string, number>;

/** A slice of a batch, on the backend. */
export interface MicroBatch {
  readonly images: tf.Tensor;
  readonly teacherImages: tf.Tensor;
  /** `[n]`, int32. */
  readonly labels: tf.Tensor1D;
  /** `[n, classes]`, what is learned instead of `labels`, where the batch has some. */
  readonly targets?: tf.Tensor2D;
  readonly sampleKeys: Uint32Array;
  /** Keys of the teacher's views, where the batch has them. */
  readonly viewKeys?: BigUint64Array;
}

/** What a task computes before the gradient tape starts, so that none of it is kept for the backward pass. */
export interface Prepared {
  /** The model's input, preprocessed. */
  readonly inputs: tf.Tensor;
  /** `[n, classes]`, smoothed one-hot labels, or smoothed targets where the batch has some. */
  readonly targets: tf.Tensor2D;
  /** `[n, classes]`, the teacher's logits, where there is a teacher. */
  readonly teacherLogits?: tf.Tensor2D;
}

/** What one forward pass gives: means over the micro-batch. */
export interface Outcome {
  /** What is minimized, a scalar; also logged as `loss`. */
  readonly loss: tf.Scalar;
  /** Scalars logged beside it, by their log names. */
  readonly parts: Readonly<Record<string, tf.Scalar>>;
  /** `[n, classes]`: what accuracy is measured on. */
  readonly logits: tf.Tensor2D;
}

/**
 * What is trained, its loss and its logs: all that the training loop knows of it.
 *
 * `prepare` runs outside the gradient tape, `train` inside it. All tensors that they return belong to the caller.
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
  readonly model: tfl.LayersModel;
  /** Classes of the labels, the targets and the model's logits. */
  readonly classes: number;
  /** Variables that training changes, in the model's order. */
  readonly variables: readonly tf.Variable[];
  /** Names of an outcome's parts: replicas add them up by these. */
  readonly parts: { readonly train: readonly string[]; readonly evaluate: readonly string[] };
  /** Numbers that it computes with, by name, as plain data: a resumed run and replicas must have the same. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Computes what needs no gradient, such as the teacher's logits. */
  prepare(batch: MicroBatch, training: boolean): Promise<Prepared>;
  /** What `prepare` gives for `rows` samples, all zeros: memory is measured with it. */
  example(rows: number): Prepared;
  /** Forward pass of training. `sampleKeys` go to the model: layers such as `StochasticDepth` draw from them. */
  train(prepared: Prepared, sampleKeys: Uint32Array): Outcome;
  /** Forward pass without training. */
  evaluate(prepared: Prepared): Outcome;
}

/** Runs a forward pass and frees everything it made but the outcome. */
export function tidyOutcome(forward: () => Outcome): Outcome {
  let outcome: Outcome | undefined;
  tf.tidy(() => {
    outcome = forward();
    return [outcome.loss, outcome.logits, ...Object.values(outcome.parts)];
  });
  return outcome!;
}
