import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { Preprocess } from "../models/preprocess.ts";

/**
 * Computes a model's input from a batch's images.
 *
 * tfjs does not check its shape: a flattening layer accepts any shape of the right size.
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

/** Returns zeros as input and targets of a model. */
export function exampleOf(
  model: tfl.LayersModel,
  rows: number,
  classes: number,
): { inputs: tf.Tensor; targets: tf.Tensor2D } {
  const sample = model.inputs[0]!.shape.slice(1);
  if (sample.includes(null)) {
    throw new RangeError(
      `fit: a model whose input [batch,${sample.map((n) => n ?? "any")}] may have any size needs a microBatchSize`,
    );
  }
  return { inputs: tf.zeros([rows, ...(sample as number[])]), targets: tf.zeros([rows, classes]) };
}
