import type { Batch, RankShare } from "sample-keys";

/**
 * Source of batches. `batches(epoch)` is called once per epoch, on which order and augmentation depend. A run resumed within
 * an epoch calls `batchesFrom`, or without it skips the batches that it has trained on.
 */
export interface DataSource {
  /** Samples per epoch. */
  readonly size: number;
  /** Returns the samples of an epoch, if some epochs are shorter. Default: `size`. */
  sizeOf?(epoch: number): number;
  /** Samples per batch; the last batch of an epoch may be smaller. */
  readonly batchSize: number;
  /** Whether batches may lack samples, such as images that do not decode. Default false. */
  readonly skips?: boolean;
  /** Yields the batches of an epoch. */
  batches(epoch: number): AsyncIterable<Batch>;
  /** Yields the batches of an epoch from index `firstBatch`, without creating the earlier ones. */
  batchesFrom?(epoch: number, firstBatch: number): AsyncIterable<Batch>;
  /**
   * Yields one rank's rows of each batch of an epoch, without creating the others, where several programs train together. Without
   * it each rank creates whole batches and takes its rows. Not for sources that `skip`: which rows a batch lacks depends on all.
   */
  shardsFrom?(epoch: number, firstBatch: number, share: RankShare): AsyncIterable<BatchShard>;
}

/** One rank's part of a batch. */
export interface BatchShard {
  /** The rank's rows alone; there may be none. */
  readonly batch: Batch;
  /** Indices of these rows in the whole batch, ascending: those of `rowsOfRank`. */
  readonly rows: Int32Array;
  /** Keys of all rows of the whole batch. */
  readonly sampleKeys: Uint32Array;
}

/** Returns the number of batches per epoch. */
export function batchesPerEpoch(source: DataSource): number {
  return Math.ceil(source.size / source.batchSize);
}

/** Yields an epoch's batches from index `firstBatch`. */
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
