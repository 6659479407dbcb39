import type * as tf from "@tensorflow/tfjs-core";
import { COUNT, optional, requireOptions, UINT32 } from "known-options";
import type { Batch } from "sample-keys";
import { sampleKey } from "sample-keys";
import type { DataSource } from "./data-source.ts";

/** A `tf.data.Dataset` whose elements are batches `{ xs, ys }`. */
export interface BatchedDataset {
  iterator(): Promise<{ next(): Promise<IteratorResult<unknown>> }>;
}

/** Options of {@link fromTfData}. */
export interface FromTfDataOptions {
  /** Samples per epoch. */
  readonly size: number;
  /** Samples per batch. */
  readonly batchSize: number;
  /** Seed of the sample keys, uint32. Default 0. */
  readonly seed?: number;
}

/**
 * Returns a {@link DataSource} over a batched `tf.data.Dataset` with elements `{ xs: [batch, …], ys: [batch] or one-hot }`.
 *
 * A sample's key depends on its position in the epoch, so stochastic depth is reproducible if the dataset's order is. The
 * elements' tensors are read and disposed.
 *
 * @throws TypeError for an unknown option, or while iterating if an element has no tensors `xs` and `ys`. RangeError while
 * iterating, if `ys` is of another shape, a label is not an integer, or a row is not one-hot: the row is named.
 *
 * @example
 * ```ts norun
 * const source = fromTfData(dataset, { size: 1000, batchSize: 32 }); // of @tensorflow/tfjs-data
 * await fit(task, optimizer, source, { epochs: 1 });
 * ```
 */
export function fromTfData(dataset: BatchedDataset, options: FromTfDataOptions): DataSource {
  requireOptions("fromTfData", options, { size: COUNT, batchSize: COUNT, seed: optional(UINT32) });
  if (typeof dataset?.iterator !== "function") {
    throw new TypeError(`fromTfData: dataset must be a tf.data.Dataset, got ${dataset}`);
  }
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
  try {
    const [images, values] = await Promise.all([xs.data(), ys.data()]);
    const rows = xs.shape[0] ?? 0;
    const classes = ys.rank === 1 ? 0 : (ys.shape[1] ?? 0);
    if (ys.shape[0] !== rows || (ys.rank !== 1 && !(ys.rank === 2 && classes >= 2))) {
      throw new RangeError(
        `fromTfData: ys must be [${rows}] or one-hot [${rows}, classes] for xs [${xs.shape}], got [${ys.shape}]`,
      );
    }
    return {
      images: Float32Array.from(images),
      shape: xs.shape,
      labels: ys.rank === 1 ? integerLabels(values) : hotColumns(values, rows, classes),
      sampleKeys: Uint32Array.from({ length: rows }, (_, row) => keyOf(row)),
    };
  } finally {
    xs.dispose();
    ys.dispose();
  }
}

function integerLabels(values: ArrayLike<number>): Int32Array {
  return Int32Array.from(values, (label, row) => {
    if ((label | 0) !== label) {
      throw new RangeError(`fromTfData: labels must be integers, got ${label} at ys[${row}]`);
    }
    return label;
  });
}

/** Returns the column of each row's 1. Soft targets have no single class; a {@link DataSource} yields them as `targets`. */
function hotColumns(values: ArrayLike<number>, rows: number, classes: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => {
    const own = Array.from({ length: classes }, (_, c) => values[row * classes + c]!);
    const hot = own.indexOf(1);
    if (hot < 0 || own.some((value, c) => c !== hot && value !== 0)) {
      throw new RangeError(
        `fromTfData: ys must be one-hot, a 1 among zeros, got [${own.slice(0, 10)}] in row ${row}`,
      );
    }
    return hot;
  });
}
