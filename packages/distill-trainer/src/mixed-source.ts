import { type Checks, COUNT, oneOf, optional, requireOptions } from "known-options";
import type { Batch, RankShare } from "sample-keys";
import type { BatchShard, DataSource } from "train-loop";
import { requireSource } from "train-loop";
import { MIX_CHECKS, type Mix, type MixOptions, mixBatch, mixOf } from "vision-augment";

/** Options of {@link mixedSource}. */
export interface MixedSourceOptions extends MixOptions {
  /** Number of classes, the width of the targets. */
  readonly classes: number;
  /** Unit that shares a mix, as in timm: the batch, a pair of partner rows, or a row (`"elem"`). Default `"batch"`, DeiT's. */
  readonly mode?: "batch" | "pair" | "elem";
}

/** Index of the first row that shares a row's mix. */
const MODES = {
  batch: () => 0,
  pair: (row: number, rows: number) => Math.min(row, rows - 1 - row),
  elem: (row: number) => row,
} as const;

const CHECKS: Checks<MixedSourceOptions> = {
  ...MIX_CHECKS,
  classes: COUNT,
  mode: optional(oneOf("batch", "pair", "elem")),
};

/**
 * Returns a source whose batches are mixed by MixUp or CutMix, as in DeiT's training. Not for validation data.
 *
 * A mix is drawn from the key of its first sample, a function of seed, epoch and position, so it does not depend on
 * micro-batches (batches are mixed whole, on the host), on the number of workers, or on resuming. Of several programs that train
 * together, each mixes its own rows, to the same bits, if the source has `shardsFrom`. The teacher gets the mixed image. Label smoothing is the task's, and gives timm's mixed targets: smoothing and mixing commute. Mixes differ in every
 * epoch, and with them the rows' view keys, so stored teacher logits are not reused.
 *
 * @param source - Data source. Its batches are not written to.
 * @returns A new source, or `source` itself if both alphas are 0.
 * @throws TypeError for an unknown option or what is not a source. RangeError if an option is out of range, or while iterating for
 * labels that are not in [0, classes).
 *
 * @example
 * const data = mixedSource(train, { classes: 5 });
 * await distiller.fitDataset(data, { epochs: 3, validationData: validation });
 */
export function mixedSource(source: DataSource, options: MixedSourceOptions): DataSource {
  requireOptions("mixedSource", options, CHECKS);
  requireSource("mixedSource", source);
  const { classes, mode = "batch", ...mixing } = options;
  if (mixing.mixupAlpha === 0 && mixing.cutmixAlpha === 0) return source;
  const firstOf = MODES[mode];
  const mixFor = (row: number, keys: Uint32Array): Mix => mixOf(mixing, keys[firstOf(row, keys.length)]!);
  async function* mixAll(batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    for await (const batch of batches) {
      const mixes = Array.from(batch.sampleKeys, (_, row) => mixFor(row, batch.sampleKeys));
      yield mixBatch(batch, mixes, classes);
    }
  }
  // A rank has both rows of a pair, so its rows in reverse are their partners, as in the whole batch.
  async function* mixShards(shards: AsyncIterable<BatchShard>): AsyncGenerator<BatchShard> {
    for await (const { batch, rows, sampleKeys } of shards) {
      const mixes = Array.from(rows, (row) => mixFor(row, sampleKeys));
      yield { batch: mixBatch(batch, mixes, classes), rows, sampleKeys };
    }
  }
  return {
    size: source.size,
    ...(source.sizeOf !== undefined && { sizeOf: (epoch: number) => source.sizeOf!(epoch) }),
    batchSize: source.batchSize,
    ...(source.skips !== undefined && { skips: source.skips }),
    batches: (epoch) => mixAll(source.batches(epoch)),
    ...(source.batchesFrom !== undefined && {
      batchesFrom: (epoch: number, firstBatch: number) => mixAll(source.batchesFrom!(epoch, firstBatch)),
    }),
    ...(source.shardsFrom !== undefined && {
      shardsFrom: (epoch: number, firstBatch: number, share: RankShare) =>
        mixShards(source.shardsFrom!(epoch, firstBatch, share)),
    }),
  };
}
