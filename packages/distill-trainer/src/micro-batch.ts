import * as tf from "@tensorflow/tfjs-core";
import type { Batch } from "./data-source.ts";
import type { MicroBatch } from "./objective.ts";

/** Start and end row of each micro-batch of a batch of `rows`. */
export function microBatchRanges(rows: number, microBatchSize: number): [start: number, end: number][] {
  const ranges: [number, number][] = [];
  for (let start = 0; start < rows; start += microBatchSize) {
    ranges.push([start, Math.min(rows, start + microBatchSize)]);
  }
  return ranges;
}

/**
 * Rows `[start, end)` of a batch as tensors, owned by the caller (`disposeMicroBatch` frees them).
 *
 * @throws RangeError if a field's length does not belong to the batch's shape.
 */
export function toMicroBatch(batch: Batch, start: number, end: number): MicroBatch {
  const images = rowsOf(batch.images, batch.shape, start, end);
  const hasOwn = batch.teacherImages !== undefined && batch.teacherShape !== undefined;
  return {
    images,
    teacherImages: hasOwn ? rowsOf(batch.teacherImages!, batch.teacherShape!, start, end) : images,
    ...(batch.targets !== undefined && { targets: targetRows(batch, start, end) }),
    labels: tf.tensor1d(batch.labels.subarray(start, end), "int32"),
    sampleKeys: batch.sampleKeys.subarray(start, end),
    ...(batch.viewKeys !== undefined && { viewKeys: batch.viewKeys.subarray(start, end) }),
  };
}

/** Frees what {@link toMicroBatch} made. */
export function disposeMicroBatch(micro: MicroBatch): void {
  tf.dispose([micro.images, micro.labels]);
  micro.targets?.dispose();
  if (micro.teacherImages !== micro.images) micro.teacherImages.dispose();
}

function targetRows({ targets, labels }: Batch, start: number, end: number): tf.Tensor2D {
  const classes = targets!.length / labels.length;
  return rowsOf(targets!, [labels.length, Math.floor(classes)], start, end) as tf.Tensor2D;
}

function rowsOf(data: Float32Array, shape: readonly number[], start: number, end: number): tf.Tensor {
  const [rows = 0, ...sample] = shape;
  const stride = sample.reduce((size, n) => size * n, 1);
  if (data.length !== rows * stride) {
    throw new RangeError(
      `toMicroBatch: a batch of shape [${shape}] must hold ${rows * stride} numbers, got ${data.length}`,
    );
  }
  return tf.tensor(data.subarray(start * stride, end * stride), [end - start, ...sample], "float32");
}
