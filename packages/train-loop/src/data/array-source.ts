import { ANY, BOOLEAN, type Checks, COUNT, optional, requireOptions, UINT32 } from "known-options";
import { type Batch, permutation, type RankShare, rowsOfRank, sampleKey } from "sample-keys";
import type { BatchShard, DataSource } from "./data-source.ts";

/** Samples in memory. */
export interface Samples {
  /** Samples, one row each, float32 or bytes. Images are NHWC, RGB, 0…255. Not copied: do not change them during training. */
  readonly images: Float32Array | Uint8Array | Uint8ClampedArray;
  /** Shape of `images`, `[samples, …sample]`. */
  readonly shape: readonly number[];
  /** Class of each sample, in [0, classes); −1 for a sample without a label, for tasks that learn from a teacher. */
  readonly labels: ArrayLike<number>;
}

/** Options of {@link arraySource}. */
export interface ArraySourceOptions {
  /** Samples per batch; the last batch of an epoch may be smaller. */
  readonly batchSize: number;
  /** Whether to shuffle the samples anew in every epoch. Default true. */
  readonly shuffle?: boolean;
  /** Seed of the order and the sample keys, uint32. Default 0. */
  readonly seed?: number;
}

/** Checks of {@link ArraySourceOptions}. */
export const ARRAY_SOURCE_CHECKS: Checks<ArraySourceOptions> = {
  batchSize: COUNT,
  shuffle: optional(BOOLEAN),
  seed: optional(UINT32),
};

/** Largest label, that of an `Int32Array`. */
const LAST_LABEL = 2 ** 31 - 1;

/**
 * Returns a {@link DataSource} over samples in memory, without augmentation. Order and keys depend on seed and epoch only. Where several
 * programs train together, each copies only its own rows.
 *
 * @throws TypeError for an unknown option. RangeError if there are no samples, the fields' lengths do not agree, a label is not
 * an integer ≥ −1, or `batchSize` is not an integer ≥ 1.
 *
 * @example
 * const data = arraySource({ images: new Float32Array(6 * 4), shape: [6, 4], labels: [0, 1, 2, 0, 1, 2] }, { batchSize: 4 });
 * for await (const { shape } of data.batches(0)) console.log(shape); // [4, 4], [2, 4]
 */
export function arraySource(samples: Samples, options: ArraySourceOptions): DataSource {
  requireOptions("arraySource: samples", samples, { images: ANY, shape: ANY, labels: ANY });
  requireOptions("arraySource", options, ARRAY_SOURCE_CHECKS);
  const { images, shape, labels } = samples;
  const { batchSize, shuffle = true, seed = 0 } = options;
  const [size = 0, ...sample] = shape;
  requireOptions("arraySource", { samples: size }, { samples: COUNT });
  const length = sample.reduce((product, side) => product * side, 1);
  if (images.length !== size * length || labels.length !== size) {
    throw new RangeError(
      `arraySource: expected ${size * length} numbers and ${size} labels for the shape [${shape}], got ${images.length} and ${labels.length}`,
    );
  }
  for (let row = 0; row < size; row++) {
    const label = labels[row]!;
    if (Number.isInteger(label) && label >= -1 && label <= LAST_LABEL) continue;
    throw new RangeError(`arraySource: labels must be integers >= -1, got ${label} at labels[${row}]`);
  }
  async function* shardsFrom(
    epoch: number,
    firstBatch: number,
    share: RankShare,
  ): AsyncGenerator<BatchShard> {
    const order = shuffle
      ? permutation(size, sampleKey(seed, epoch, 0))
      : Uint32Array.from({ length: size }, (_, i) => i);
    for (let start = firstBatch * batchSize; start < size; start += batchSize) {
      const all = order.subarray(start, start + batchSize);
      const sampleKeys = Uint32Array.from(all, (row) => sampleKey(seed, epoch, row));
      const rows = rowsOfRank(all.length, share);
      const chosen = new Float32Array(rows.length * length);
      rows.forEach((row, i) => {
        const from = all[row]! * length;
        chosen.set(images.subarray(from, from + length), i * length);
      });
      const batch = {
        images: chosen,
        shape: [rows.length, ...sample],
        labels: Int32Array.from(rows, (row) => labels[all[row]!]!),
        sampleKeys: Uint32Array.from(rows, (row) => sampleKeys[row]!),
      };
      yield { batch, rows, sampleKeys };
    }
  }
  async function* batchesFrom(epoch: number, firstBatch: number): AsyncGenerator<Batch> {
    for await (const { batch } of shardsFrom(epoch, firstBatch, { rank: 0, size: 1 })) yield batch;
  }
  return { size, batchSize, batchesFrom, batches: (epoch) => batchesFrom(epoch, 0), shardsFrom };
}
