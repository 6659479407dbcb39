import { type RankShare, rowsOfRank, sampleKey } from "sample-keys";
import type { BatchSettings } from "./batch-options.ts";
import { epochOrder, occurrences, repeatedOrder, weightedOrder } from "./epoch-order.ts";
import { rowKeys } from "./row-keys.ts";

/** One rank's samples of a batch and their keys, before anything is decoded. */
export interface BatchRows {
  /** Indices of the rank's rows in the whole batch, which the following fields are of. */
  readonly rows: Int32Array;
  readonly indices: Int32Array;
  readonly sampleKeys: Uint32Array;
  /** Keys that each row's crop, flip and so on are drawn from. */
  readonly drawKeys: Uint32Array;
  readonly viewKeys: BigUint64Array;
  /** The `sampleKeys` of all rows of the whole batch. */
  readonly batchKeys: Uint32Array;
}

/** Samples of which epochs consist. */
export interface EpochSamples {
  readonly size: number;
  /** Weight of each sample with which it is drawn; undefined: each sample once. */
  readonly weights: readonly number[] | undefined;
}

/**
 * A rank's rows of an epoch's batches, from `firstBatch` on. Order and keys are the same for all ranks.
 *
 * @throws RangeError if the share's rank or size is out of range.
 */
export function* epochRows(
  { size, weights }: EpochSamples,
  settings: BatchSettings,
  epoch: number,
  firstBatch: number,
  share: RankShare,
): Generator<BatchRows> {
  const { batchSize, training, seed, shuffleBuffer, repeats } = settings;
  const order = training
    ? repeatedOrder(
        weights === undefined
          ? epochOrder(size, seed, epoch, shuffleBuffer)
          : weightedOrder(weights, seed, epoch),
        repeats,
      )
    : Uint32Array.from({ length: size }, (_, i) => i);
  const versions = weights && occurrences(order, size);
  const versionAt = (place: number): number => versions?.[place] ?? place % repeats;
  for (let first = firstBatch * batchSize; first < order.length; first += batchSize) {
    const batch = order.subarray(first, first + batchSize);
    const placeOf = (row: number): number => batch[row]! + versionAt(first + row) * size;
    const rows = rowsOfRank(batch.length, share);
    const keys = Array.from(rows, (row) => rowKeys(settings, epoch, batch[row]!, placeOf(row)));
    yield {
      rows,
      indices: Int32Array.from(rows, (row) => batch[row]!),
      sampleKeys: Uint32Array.from(keys, (key) => key.sampleKey),
      drawKeys: Uint32Array.from(keys, (key) => key.drawKey),
      viewKeys: BigUint64Array.from(keys, (key) => key.viewKey),
      batchKeys: Uint32Array.from(batch, (_, row) => sampleKey(seed, epoch, placeOf(row))),
    };
  }
}
