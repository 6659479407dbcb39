import type { Batch } from "sample-keys";

/**
 * Where batches come from. `batches(epoch)` is called once an epoch and decides order and augmentation by it. A run that
 * is resumed within an epoch asks `batchesFrom`, and without it reads and drops the batches that it has had.
 */
export interface DataSource {
  /** Samples in an epoch. */
  readonly size: number;
  /** Samples in the epoch with this index, where some have fewer than `size`: a run of so many steps ends within one. */
  sizeOf?(epoch: number): number;
  /** Samples in a batch; the last one of an epoch may be smaller. */
  readonly batchSize: number;
  /** Whether samples may be left out, such as pictures that do not decode, and batches be smaller for it. Default false. */
  readonly skips?: boolean;
  batches(epoch: number): AsyncIterable<Batch>;
  /** What `batches(epoch)` gives from its batch `firstBatch` on, without making those before. */
  batchesFrom?(epoch: number, firstBatch: number): AsyncIterable<Batch>;
}

/** @returns Number of batches in an epoch of `source`. */
export function batchesPerEpoch(source: DataSource): number {
  return Math.ceil(source.size / source.batchSize);
}

/** An epoch's batches from the one with index `firstBatch` on. */
export async function* batchesFrom(
  source: DataSource,
  epoch: number,
  firstBatch: number,
): AsyncGenerator<Batch> {
  if (firstBatch > 0 && source.batchesFrom !== undefined) {
    yield* source.batchesFrom(epoch, firstBatch);
    return;
  }
  let index = 0;
  for await (const batch of source.batches(epoch)) {
    if (index >= firstBatch) yield batch;
    index += 1;
  }
}
