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

/** A dataset of any epoch, or one for each: `(epoch) => dataset.shuffle(1000, `${seed + epoch}`).batch(32)`. */
export type DatasetOfEpochs = BatchedDataset | ((epoch: number) => BatchedDataset);

/**
 * Returns a {@link DataSource} over a batched `tf.data.Dataset` with elements `{ xs: [batch, …], ys: [batch] or one-hot }`.
 *
 * A sample's key is a function of seed, epoch and its position in the epoch, so a run resumes exactly if the dataset's order is the same
 * in each pass, or a function of the epoch. A dataset that `shuffle`s, with a seed too, has another order in each pass, counted from the
 * start of the process: give a function that makes one for each epoch. The elements' tensors are read and disposed. Where several
 * programs train together, each reads whole batches and takes its rows: the dataset alone knows how its samples are made.
 *
 * @param dataset - A dataset, or a function of the epoch that makes one.
 * @throws TypeError for an unknown option, Error where a run is resumed on a dataset whose passes have different orders, TypeError while iterating if an element has no tensors `xs` and `ys`. RangeError while
 * iterating, if `ys` is of another shape, a label is not an integer, or a row is not one-hot: the row is named.
 *
 * @example
 * import * as tfd from "@tensorflow/tfjs-data";
 *
 * const samples = tfd.array(Array.from({ length: 4 }, (_, i) => ({ xs: [i, i], ys: i })));
 * const size = { size: 4, batchSize: 4 };
 * const inOrder = fromTfData(samples.batch(4), size);
 * for await (const { labels } of inOrder.batches(0)) console.log(labels); // Int32Array(4) [ 0, 1, 2, 3 ]
 * const shuffled = fromTfData((epoch) => samples.shuffle(4, `${epoch}`).batch(4), size);
 * for await (const { labels } of shuffled.batches(0)) console.log(labels.length); // 4
 */
export function fromTfData(dataset: DatasetOfEpochs, options: FromTfDataOptions): DataSource {
  requireOptions("fromTfData", options, { size: COUNT, batchSize: COUNT, seed: optional(UINT32) });
  if (typeof dataset !== "function" && typeof dataset?.iterator !== "function") {
    throw new TypeError(
      `fromTfData: dataset must be a tf.data.Dataset, or a function of the epoch, got ${dataset}`,
    );
  }
  const { size, batchSize, seed = 0 } = options;
  let hasBegun = false;
  async function* batchesFrom(epoch: number, firstBatch: number): AsyncGenerator<Batch> {
    const isResumed = !hasBegun && (epoch > 0 || firstBatch > 0);
    hasBegun = true;
    if (isResumed && typeof dataset !== "function") await requireSameOrder(dataset);
    const iterator = await (typeof dataset === "function" ? dataset(epoch) : dataset).iterator();
    let [position, index] = [0, 0];
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) {
      const first = position;
      const batch = await readElement(next.value, (row) => sampleKey(seed, epoch, first + row));
      position += batch.labels.length;
      if (index >= firstBatch) yield batch;
      index += 1;
    }
  }
  return { size, batchSize, batchesFrom, batches: (epoch) => batchesFrom(epoch, 0) };
}

/** @throws Error if two passes do not begin with the same batch. */
async function requireSameOrder(dataset: BatchedDataset): Promise<void> {
  const firsts = [await firstOf(dataset), await firstOf(dataset)];
  const [one, other] = firsts.map((batch) =>
    JSON.stringify([...(batch?.labels ?? []), ...(batch?.images ?? [])]),
  );
  if (one === other) return;
  throw new Error(
    "fromTfData: expected a dataset with one order, as the run is resumed, got one that shuffles anew in each pass; give a function of the epoch that makes it, such as (epoch) => dataset.shuffle(1000, String(epoch)).batch(32)",
  );
}

async function firstOf(dataset: BatchedDataset): Promise<Batch | undefined> {
  const next = await (await dataset.iterator()).next();
  return next.done === true ? undefined : readElement(next.value, () => 0);
}

async function readElement(element: unknown, keyOf: (row: number) => number): Promise<Batch> {
  const { xs, ys } = (element ?? {}) as { xs?: tf.Tensor; ys?: tf.Tensor };
  if (typeof xs?.data !== "function" || typeof ys?.data !== "function") {
    throw new TypeError("fromTfData: each element must be a batch { xs, ys } of tensors");
  }
  try {
    const batch = await readSamples("fromTfData", xs, ys);
    return { ...batch, sampleKeys: Uint32Array.from(batch.labels, (_, row) => keyOf(row)) };
  } finally {
    xs.dispose();
    ys.dispose();
  }
}

/**
 * Reads samples from tensors, which stay.
 *
 * @throws RangeError if `ys` is not a class of each row, as a number or one-hot.
 */
export async function readSamples(
  caller: string,
  xs: tf.Tensor,
  ys: tf.Tensor,
): Promise<Pick<Batch, "images" | "shape" | "labels">> {
  const [images, values] = await Promise.all([xs.data(), ys.data()]);
  const rows = xs.shape[0] ?? 0;
  const classes = ys.rank === 1 ? 0 : (ys.shape[1] ?? 0);
  if (ys.shape[0] !== rows || (ys.rank !== 1 && !(ys.rank === 2 && classes >= 2))) {
    throw new RangeError(
      `${caller}: ys must be [${rows}] or one-hot [${rows}, classes] for xs [${xs.shape}], got [${ys.shape}]`,
    );
  }
  const labels = ys.rank === 1 ? integerLabels(caller, values) : hotColumns(caller, values, rows, classes);
  return { images: Float32Array.from(images), shape: xs.shape, labels };
}

function integerLabels(caller: string, values: ArrayLike<number>): Int32Array {
  return Int32Array.from(values, (label, row) => {
    if ((label | 0) !== label) {
      throw new RangeError(`${caller}: labels must be integers, got ${label} at ys[${row}]`);
    }
    return label;
  });
}

/** Returns the column of each row's 1. Soft targets have no single class; a {@link DataSource} yields them as `targets`. */
function hotColumns(caller: string, values: ArrayLike<number>, rows: number, classes: number): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => {
    const own = Array.from({ length: classes }, (_, c) => values[row * classes + c]!);
    const hot = own.indexOf(1);
    if (hot < 0 || own.some((value, c) => c !== hot && value !== 0)) {
      throw new RangeError(
        `${caller}: ys must be one-hot, a 1 among zeros, got [${own.slice(0, 10)}] in row ${row}`,
      );
    }
    return hot;
  });
}
