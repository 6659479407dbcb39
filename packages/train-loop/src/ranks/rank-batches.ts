import { type Batch, rowsOfRank } from "sample-keys";
import { type CheckedSource, checkedBatches } from "../checks/checked-batches.ts";
import { checkedShards } from "../checks/checked-shards.ts";
import { type LabeledCounts, labeledCounts, withMeanWeights } from "../data/label-weights.ts";
import { type BatchPart, wholeBatch } from "../step/batch-part.ts";
import { pickRows } from "../step/pick-rows.ts";
import type { Ranks } from "./ranks.ts";

/** A rank's part of a batch, and what the whole batch's logs are means over. */
export interface RankBatch {
  readonly part: BatchPart;
  readonly counts: LabeledCounts;
}

/**
 * Yields this rank's part of each batch of an epoch, checked as {@link checkedBatches} does. A source that makes shards makes only the
 * rank's rows.
 */
export async function* rankBatches(checked: CheckedSource, ranks: Ranks): AsyncGenerator<RankBatch> {
  const { share } = ranks;
  const { source } = checked;
  if (share.size > 1 && source.shardsFrom !== undefined && source.skips !== true) {
    for await (const shard of checkedShards(checked, share)) {
      const total = shard.sampleKeys.length;
      const [labeled, labeledShare] = await ranks.sums(ownCounts(shard.batch));
      const counts = { rows: total, labeled: labeled!, share: labeledShare! };
      yield { part: { batch: withMeanWeights(shard.batch, counts), total, share }, counts };
    }
    return;
  }
  for await (const whole of checkedBatches(checked)) {
    const counts = labeledCounts(whole);
    const batch = withMeanWeights(whole, counts);
    if (share.size === 1) yield { part: wholeBatch(batch), counts };
    else {
      const total = counts.rows;
      yield { part: { batch: pickRows(batch, rowsOfRank(total, share)), total, share }, counts };
    }
  }
}

function ownCounts(batch: Batch): [labeled: number, share: number] {
  if (batch.labels.length === 0) return [0, 0];
  const { labeled, share } = labeledCounts(batch);
  return [labeled, share];
}
