import type { Batch } from "sample-keys";
import type { DataSource } from "train-loop";

/** A source whose batches are of type `B`. */
export interface SourceOf<B extends Batch> extends DataSource {
  batches(epoch: number): AsyncIterable<B>;
}

/**
 * A source's epoch 0, kept in memory: held-out pictures are the same in every epoch, and are decoded once. It has no `shardsFrom`: nothing is
 * left to decode, and a rank takes its rows of what is there.
 */
export async function inMemory<B extends Batch>(source: SourceOf<B>): Promise<SourceOf<B>> {
  const batches: B[] = [];
  for await (const batch of source.batches(0)) batches.push(batch);
  return {
    size: batches.reduce((size, { labels }) => size + labels.length, 0),
    batchSize: source.batchSize,
    ...(source.skips !== undefined && { skips: source.skips }),
    async *batches() {
      yield* batches;
    },
  };
}
