import type { Batch } from "sample-keys";
import { batchesFrom, type DataSource } from "../data/data-source.ts";
import { type AcceptedLabels, requireBatch } from "./require-batch.ts";

/**
 * Checks a data source.
 *
 * @param name - Name of the source in the message: `"fit: validationData"`.
 * @throws TypeError if it is not a `DataSource`. RangeError if its `size` or `batchSize` is not an integer ≥ 1.
 */
export function requireSource(name: string, source: DataSource): void {
  if (typeof source?.batches !== "function") {
    throw new TypeError(`${name}: expected a DataSource { size, batchSize, batches(epoch) }, got ${source}`);
  }
  for (const key of ["size", "batchSize"] as const) {
    const value = source[key];
    if (Number.isInteger(value) && value >= 1) continue;
    throw new RangeError(`${name}: a source's ${key} must be an integer >= 1, got ${value}`);
  }
}

/** Arguments of {@link checkedBatches}. */
export interface CheckedSource extends AcceptedLabels {
  readonly source: DataSource;
  readonly classes: number;
  readonly epoch: number;
  /** Index of the first batch to yield. Default 0. */
  readonly firstBatch?: number;
  /** Beginning of error messages: `"fit: epoch 1"`. */
  readonly place: string;
}

/**
 * Yields an epoch's batches, each checked first: its fields, and that it has as many rows as the source's `size`, or
 * `sizeOf`, and `batchSize` declare (at most as many if the source `skips`), on which schedules and resuming depend.
 *
 * @throws RangeError or TypeError that names the batch, counted from 1.
 */
export async function* checkedBatches(checked: CheckedSource): AsyncGenerator<Batch> {
  const { source, classes, epoch, firstBatch = 0, place, unlabeled = false, multiLabel = false } = checked;
  const { batchSize } = source;
  const size = source.sizeOf?.(epoch) ?? source.size;
  let given = Math.min(size, firstBatch * batchSize);
  let index = firstBatch;
  for await (const batch of batchesFrom(source, epoch, firstBatch)) {
    index += 1;
    const here = `${place}, batch ${index}`;
    requireBatch(here, batch, classes, { unlabeled, multiLabel });
    const rows = batch.labels.length;
    const expected = Math.min(batchSize, size - given);
    if (source.skips ? rows > expected : rows !== expected) {
      const promised = `a source with size ${size} and batchSize ${batchSize}`;
      const wanted = expected === 0 ? "be over after that many samples" : `have ${expected} rows here`;
      throw new RangeError(`${here}: ${promised} must ${wanted}, got ${rows} rows`);
    }
    given += rows;
    yield batch;
  }
  if (given < size && !(source.skips && given > 0)) {
    throw new RangeError(`${place}: a source with size ${size} must give as many samples, got ${given}`);
  }
}
