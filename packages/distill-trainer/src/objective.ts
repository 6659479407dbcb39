import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { Preprocess } from "./preprocess.ts";

/** A slice of a batch, on the backend. */
export interface MicroBatch {
  readonly images: tf.Tensor;
  readonly teacherImages: tf.Tensor;
  /** `[n]`, int32. */
  readonly labels: tf.Tensor1D;
  /** `[n, classes]`, what is learnt instead of `labels`, where the batch has some. */
  readonly targets?: tf.Tensor2D;
  readonly sampleKeys: Uint32Array;
  /** Of what the teacher sees, where the batch has them. */
  readonly viewKeys?: BigUint64Array;
}

/** What an objective computes before the gradient tape starts, so that none of it is kept for the backward pass. */
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
  /** What is minimised, a scalar; also logged as `loss`. */
  readonly loss: tf.Scalar;
  /** Scalars logged beside it, by their log names. */
  readonly parts: Readonly<Record<string, tf.Scalar>>;
  /** `[n, classes]`: what accuracy is measured on. */
  readonly logits: tf.Tensor2D;
}

/**
 * What is trained: the one thing the training loop knows. {@link Classifier} and {@link Distiller} are two.
 *
 * `prepare` runs outside the gradient tape, `train` inside it. All tensors they return belong to the caller.
 */
export interface Objective {
  readonly model: tfl.LayersModel;
  /** Of the labels, the targets and the model's logits. */
  readonly classes: number;
  /** Those of the model's that training changes. */
  readonly variables: readonly tf.Variable[];
  /** Names of an outcome's parts. */
  readonly parts: { readonly train: readonly string[]; readonly evaluate: readonly string[] };
  /** What it computes with, by name: a resumed run must have the same. */
  readonly settings: Readonly<Record<string, unknown>>;
  prepare(batch: MicroBatch, training: boolean): Promise<Prepared>;
  /** What `prepare` would give of so many rows, all zeros. */
  example(rows: number): Prepared;
  train(prepared: Prepared, sampleKeys: Uint32Array): Outcome;
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

/**
 * A model's input, made of a batch's images.
 *
 * tfjs does not compare it with the model's own: a flattening layer takes any shape of the right size.
 *
 * @returns Owned by the caller; may be `images`.
 * @throws RangeError if it does not have the shape that the model was built for.
 */
export function modelInput(
  caller: string,
  model: tfl.LayersModel,
  images: tf.Tensor,
  preprocess: Preprocess,
): tf.Tensor {
  const inputs = preprocess(images);
  const expected = [images.shape[0]!, ...model.inputs[0]!.shape.slice(1)];
  const fits =
    inputs.rank === expected.length && expected.every((n, i) => n === null || n === inputs.shape[i]);
  if (fits) return inputs;
  const { shape } = inputs;
  if (inputs !== images) inputs.dispose();
  throw new RangeError(
    `${caller}: the model's input must have the shape [${expected.map((n) => n ?? "any")}], got [${shape}] of images [${images.shape}]`,
  );
}

/** Zeros for a model: rows of its input, and targets. */
export function exampleOf(
  model: tfl.LayersModel,
  rows: number,
  classes: number,
): { inputs: tf.Tensor; targets: tf.Tensor2D } {
  const sample = model.inputs[0]!.shape.slice(1);
  if (sample.includes(null)) {
    throw new RangeError(
      `fitDataset: a model whose input [batch,${sample.map((n) => n ?? "any")}] may have any size needs a microBatchSize`,
    );
  }
  return { inputs: tf.zeros([rows, ...(sample as number[])]), targets: tf.zeros([rows, classes]) };
}
