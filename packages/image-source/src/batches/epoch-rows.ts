import type { BatchSettings } from "./batch-options.ts";
import { epochOrder, occurrences, repeatedOrder, weightedOrder } from "./epoch-order.ts";
import { rowKeys } from "./row-keys.ts";

/** One batch's samples and their keys, before anything is decoded. */
export interface BatchRows {
  readonly indices: Int32Array;
  readonly sampleKeys: Uint32Array;
  /** Keys that each row's crop, flip and so on are drawn from. */
  readonly drawKeys: Uint32Array;
  readonly viewKeys: BigUint64Array;
}

/**
 * The rows of an epoch's batches, from `firstBatch` on.
 *
 * @param size - Samples.
 * @param weights - Weight of each sample with which it is drawn; undefined: each sample once.
 */
export function* epochRows(
  size: number,
  settings: BatchSettings,
  weights: readonly number[] | undefined,
  epoch: number,
  firstBatch: number,
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
    const indices = Int32Array.from(order.subarray(first, first + batchSize));
    const keys = Array.from(indices, (index, row) =>
      rowKeys(settings, epoch, index, index + versionAt(first + row) * size),
    );
    yield {
      indices,
      sampleKeys: Uint32Array.from(keys, (key) => key.sampleKey),
      drawKeys: Uint32Array.from(keys, (key) => key.drawKey),
      viewKeys: BigUint64Array.from(keys, (key) => key.viewKey),
    };
  }
}
