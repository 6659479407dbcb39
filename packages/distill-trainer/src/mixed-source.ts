import { type Checks, COUNT, oneOf, optional, requireOptions } from "known-options";
import type { Batch } from "sample-keys";
import type { DataSource } from "train-loop";
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
 * micro-batches (batches are mixed whole, on the host), on the number of workers, or on resuming. The teacher gets the mixed
 * image. Label smoothing is the task's, and gives timm's mixed targets: smoothing and mixing commute. Mixes differ in every
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
  const mixesOf = ({ sampleKeys }: Batch): Mix[] =>
    Array.from(sampleKeys, (_, row) => mixOf(mixing, sampleKeys[firstOf(row, sampleKeys.length)]!));
  async function* mixAll(batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    for await (const batch of batches) yield mixBatch(batch, mixesOf(batch), classes);
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
  };
}
