import type { Batch, DataSource } from "./data-source.ts";
import { type MixOptions, mixBatch, mixOf } from "./mix-batch.ts";

/** Options of {@link mixedSource}. */
export interface MixedSourceOptions extends MixOptions {
  /** Of the data; the width of the targets. */
  readonly classes: number;
}

/**
 * A source whose batches are mixed by MixUp or CutMix, one mix a batch, as DeiT trains.
 *
 * The mix is drawn from the key of the batch's first sample, which is a function of seed, epoch and place: it does not depend on
 * micro-batches (whole batches are mixed on the host, before they are cut), on the number of workers, or on where a run was
 * resumed. The teacher sees the mixed image. Label smoothing is the trainer's (`compile`) and gives timm's mixed targets: smoothing
 * a mixture is mixing what is smoothed. Not for validation data.
 *
 * @param source - Not changed; its batches are not written to.
 * @throws RangeError if an option is out of range or `classes` is no positive integer.
 *
 * @example
 * const data = mixedSource(train, { classes: 5 });
 * await distiller.fitDataset(data, { epochs: 300, validationData: validation });
 */
export function mixedSource(source: DataSource, options: MixedSourceOptions): DataSource {
  const { classes, ...mixing } = options;
  if (!(Number.isInteger(classes) && classes >= 1)) {
    throw new RangeError(`mixedSource: classes must be an integer >= 1, got ${classes}`);
  }
  mixOf(mixing, 0); // refuses bad options now
  async function* mixAll(batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    for await (const batch of batches) yield mixBatch(batch, mixOf(mixing, batch.sampleKeys[0]!), classes);
  }
  return {
    size: source.size,
    batchSize: source.batchSize,
    batches: (epoch) => mixAll(source.batches(epoch)),
    ...(source.batchesFrom !== undefined && {
      batchesFrom: (epoch: number, firstBatch: number) => mixAll(source.batchesFrom!(epoch, firstBatch)),
    }),
  };
}
