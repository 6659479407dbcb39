import { type Checks, COUNT, oneOf, optional, requireOptions } from "known-options";
import type { Batch } from "sample-keys";
import type { DataSource } from "train-loop";
import { requireSource } from "train-loop";
import { MIX_CHECKS, type Mix, type MixOptions, mixBatch, mixOf } from "vision-augment";

/** Options of {@link mixedSource}. */
export interface MixedSourceOptions extends MixOptions {
  /** Classes of the data; the width of the targets. */
  readonly classes: number;
  /**
   * What gets a mix of its own, as timm's: the batch, each pair of rows that are each other's partners, or each row
   * (`"elem"`). Default `"batch"`, DeiT's.
   */
  readonly mode?: "batch" | "pair" | "elem";
}

/** The first row of those that share a row's mix. */
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
 * A source whose batches are mixed by MixUp or CutMix, as DeiT trains.
 *
 * A mix is drawn from the key of the first sample that it is for, which is a function of seed, epoch and place: it does not depend on
 * micro-batches (whole batches are mixed on the host, before they are cut), on the number of workers, or on where a run was
 * resumed. The teacher sees the mixed image. Label smoothing is the trainer's (`compile`) and gives timm's mixed targets: smoothing
 * a mixture is mixing what is smoothed. Partners and shares are new in every epoch, and so are the mixed rows' view keys: stored
 * teacher logits do not serve them a second time. Not for validation data.
 *
 * @param source - Not changed; its batches are not written to.
 * @returns The source itself where both alphas are 0.
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
