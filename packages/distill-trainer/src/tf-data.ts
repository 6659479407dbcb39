import type * as tf from "@tensorflow/tfjs-core";
import { sampleKey } from "sample-keys";
import type { Batch, DataSource } from "./data-source.ts";

/** The part of a `tf.data.Dataset` that is read here. Elements are batches `{ xs, ys }`. */
export interface BatchedDataset {
  iterator(): Promise<{ next(): Promise<IteratorResult<unknown>> }>;
}

/** Options of {@link fromTfData}. */
export interface FromTfDataOptions {
  /** Samples in an epoch. */
  readonly size: number;
  /** Samples in a batch. */
  readonly batchSize: number;
  /** For the sample keys. Default 0. */
  readonly seed?: number;
}

/**
 * A batched `tf.data.Dataset` as a {@link DataSource}: each element `{ xs: [batch, …], ys: [batch] or one-hot }`.
 *
 * A sample's key is made from its position in the epoch, so stochastic depth is reproducible as long as the dataset's
 * order is. The element's tensors are read and disposed.
 *
 * @throws TypeError while iterating, if an element has no tensors `xs` and `ys`.
 *
 * @example
 * const source = fromTfData(tfd.zip({ xs, ys }).batch(32), { size: 1000, batchSize: 32 });
 * await classifier.fitDataset(source, { epochs: 1 });
 */
export function fromTfData(dataset: BatchedDataset, options: FromTfDataOptions): DataSource {
  const { size, batchSize, seed = 0 } = options;
  async function* batches(epoch: number): AsyncGenerator<Batch> {
    const iterator = await dataset.iterator();
    let position = 0;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      const first = position;
      const batch = await readElement(next.value, (row) => sampleKey(seed, epoch, first + row));
      position += batch.labels.length;
      yield batch;
    }
  }
  return { size, batchSize, batches };
}

async function readElement(element: unknown, keyOf: (row: number) => number): Promise<Batch> {
  const { xs, ys } = (element ?? {}) as { xs?: tf.Tensor; ys?: tf.Tensor };
  if (typeof xs?.data !== "function" || typeof ys?.data !== "function") {
    throw new TypeError("fromTfData: each element must be a batch { xs, ys } of tensors");
  }
  const [images, values] = await Promise.all([xs.data(), ys.data()]);
  const rows = xs.shape[0]!;
  const labels = ys.rank === 1 ? Int32Array.from(values) : argMaxRows(values, rows);
  const batch = {
    images: Float32Array.from(images),
    shape: xs.shape,
    labels,
    sampleKeys: Uint32Array.from({ length: rows }, (_, row) => keyOf(row)),
  };
  xs.dispose();
  ys.dispose();
  return batch;
}

function argMaxRows(values: ArrayLike<number>, rows: number): Int32Array {
  const classes = values.length / rows;
  return Int32Array.from({ length: rows }, (_, row) => {
    let best = 0;
    for (let c = 1; c < classes; c++)
      if (values[row * classes + c]! > values[row * classes + best]!) best = c;
    return best;
  });
}
