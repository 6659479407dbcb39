import * as tf from "@tensorflow/tfjs-core";
import * as tfd from "@tensorflow/tfjs-data";
import { having, requireArguments, requireLabels } from "known-options";
import type { ImageBatch } from "./image-batch.ts";

/** A {@link ImageBatch} on the backend. */
export interface BatchTensors {
  /** `[batch, height, width, 3]`, float32, 0…255. */
  readonly images: tf.Tensor4D;
  /** The teacher's views, where the batch has some. */
  readonly teacherImages?: tf.Tensor4D;
  /** `[batch]`, int32; −2 for samples with several labels. */
  readonly labels: tf.Tensor1D;
  /** `[batch, classes]`, float32, where samples may have several labels: 1 for each class that a row has. */
  readonly targets?: tf.Tensor2D;
}

/**
 * Uploads a batch as tensors.
 *
 * @returns New tensors owned by the caller.
 *
 * @example
 * for await (const batch of source.batches(0)) {
 *   const { images, labels } = toTensors(batch);
 *   console.log(images.shape);
 *   tf.dispose([images, labels]);
 * }
 */
export function toTensors(batch: ImageBatch): BatchTensors {
  requireArguments(
    "toTensors",
    { batch },
    { batch: having("an ImageBatch", (it) => it.images instanceof Float32Array) },
  );
  return {
    images: tf.tensor4d(batch.images, [...batch.shape]),
    labels: tf.tensor1d(batch.labels, "int32"),
    ...(batch.targets !== undefined && {
      targets: tf.tensor2d(batch.targets, [batch.labels.length, batch.targets.length / batch.labels.length]),
    }),
    ...(batch.teacherImages !== undefined && {
      teacherImages: tf.tensor4d(batch.teacherImages, [...batch.teacherShape!]),
    }),
  };
}

/** The part of an `ImageSource` that {@link toTfDataset} reads. */
export interface BatchSource {
  readonly classNames: readonly string[];
  batches(epoch: number): AsyncIterable<ImageBatch>;
}

/**
 * Returns a batched `tf.data.Dataset` over a source, for `model.fitDataset` of a tfjs model. Each pass is the next epoch.
 *
 * @throws RangeError while iterating for a sample without a label: tfjs' own losses would take a row of zeros for a target.
 * @returns Elements `{ xs: [batch, height, width, 3] in 0…255, ys: [batch, classes] one-hot float32 }`, or with a 1 for each of several labels; whoever iterates owns them.
 *
 * @example
 * model.compile({ optimizer: "adam", loss: "categoricalCrossentropy" });
 * await model.fitDataset(toTfDataset(source), { epochs: 2 });
 */
export function toTfDataset(source: BatchSource): tfd.Dataset<{ xs: tf.Tensor4D; ys: tf.Tensor2D }> {
  requireArguments(
    "toTfDataset",
    { source },
    { source: having("an ImageSource", (it) => typeof it.batches === "function") },
  );
  let epoch = 0;
  const classes = source.classNames.length;
  const elements = async function* (): AsyncGenerator<{ xs: tf.Tensor4D; ys: tf.Tensor2D }> {
    for await (const batch of source.batches(epoch++)) {
      if (batch.targets === undefined || batch.labels.includes(-1))
        requireLabels("toTfDataset", batch.labels, classes);
      const { images, labels, teacherImages, targets } = toTensors({ ...batch });
      teacherImages?.dispose();
      const ys = targets ?? (tf.tidy(() => tf.cast(tf.oneHot(labels, classes), "float32")) as tf.Tensor2D);
      labels.dispose();
      yield { xs: images, ys };
    }
  };
  return tfd.generator(elements as never);
}
