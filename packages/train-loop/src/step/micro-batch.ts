import * as tf from "@tensorflow/tfjs-core";
import type { Batch } from "sample-keys";
import type { MicroBatch } from "../task.ts";

/** Returns start and end row of each micro-batch of a batch. */
export function microBatchRanges(rows: number, microBatchSize: number): [start: number, end: number][] {
  const ranges: [number, number][] = [];
  for (let start = 0; start < rows; start += microBatchSize) {
    ranges.push([start, Math.min(rows, start + microBatchSize)]);
  }
  return ranges;
}

/**
 * Returns rows `[start, end)` of a batch, as views of its arrays.
 *
 * @throws RangeError if a field's length does not match the batch's shape.
 */
export function rowsOfBatch(batch: Batch, start: number, end: number): Batch {
  const { teacherImages, teacherShape, targets, viewKeys, labels, labelWeights } = batch;
  const classes = targets === undefined ? 0 : Math.floor(targets.length / labels.length);
  return {
    images: rowsOf(batch.images, batch.shape, start, end),
    shape: [end - start, ...batch.shape.slice(1)],
    labels: labels.subarray(start, end),
    sampleKeys: batch.sampleKeys.subarray(start, end),
    ...(labelWeights !== undefined && { labelWeights: labelWeights.subarray(start, end) }),
    ...(targets !== undefined && { targets: rowsOf(targets, [labels.length, classes], start, end) }),
    ...(teacherImages !== undefined &&
      teacherShape !== undefined && {
        teacherImages: rowsOf(teacherImages, teacherShape, start, end),
        teacherShape: [end - start, ...teacherShape.slice(1)],
      }),
    ...(viewKeys !== undefined && { viewKeys: viewKeys.subarray(start, end) }),
  };
}

function rowsOf(data: Float32Array, shape: readonly number[], start: number, end: number): Float32Array {
  const [rows = 0, ...sample] = shape;
  const stride = sample.reduce((size, n) => size * n, 1);
  if (data.length !== rows * stride) {
    throw new RangeError(
      `toMicroBatch: a batch of shape [${shape}] must hold ${rows * stride} numbers, got ${data.length}`,
    );
  }
  return data.subarray(start * stride, end * stride);
}

/** Uploads a batch as tensors owned by the caller (`disposeMicroBatch` frees them). */
export function toMicroBatch(batch: Batch): MicroBatch {
  const images = tf.tensor(batch.images, [...batch.shape], "float32");
  const { teacherImages, teacherShape, targets, labels, labelWeights, viewKeys } = batch;
  const hasOwn = teacherImages !== undefined && teacherShape !== undefined;
  return {
    images,
    teacherImages: hasOwn ? tf.tensor(teacherImages, [...teacherShape], "float32") : images,
    ...(targets !== undefined && {
      targets: tf.tensor2d(targets, [labels.length, targets.length / labels.length], "float32"),
    }),
    labels: tf.tensor1d(labels, "int32"),
    ...(labelWeights !== undefined && { labelWeights: tf.tensor1d(labelWeights, "float32") }),
    sampleKeys: batch.sampleKeys,
    ...(viewKeys !== undefined && { viewKeys }),
  };
}

/** Frees the tensors of {@link toMicroBatch}. */
export function disposeMicroBatch(micro: MicroBatch): void {
  tf.dispose([micro.images, micro.labels]);
  micro.targets?.dispose();
  micro.labelWeights?.dispose();
  if (micro.teacherImages !== micro.images) micro.teacherImages.dispose();
}
