import type { RankShare } from "sample-keys";
import type { ImageBatch, ImageShard } from "../image-batch.ts";

/** The share of a program that trains alone: all rows. */
export const ALONE: RankShare = { rank: 0, size: 1 };

/** The batches of shards that have all rows; one without any, as none of its pictures decodes, is left out. */
export async function* wholeBatches(shards: AsyncIterable<ImageShard>): AsyncGenerator<ImageBatch> {
  for await (const { batch } of shards) if (batch.labels.length > 0) yield batch;
}
