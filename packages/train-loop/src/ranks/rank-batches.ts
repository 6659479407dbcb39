import { type Batch, rowsOfRank } from "sample-keys";
import { type CheckedSource, checkedBatches } from "../checks/checked-batches.ts";
import { requireBatch } from "../checks/require-batch.ts";
import type { BatchShard } from "../data/data-source.ts";
import { type LabeledCounts, labeledCounts, withMeanWeights } from "../data/label-weights.ts";
import { type BatchPart, wholeBatch } from "../step/batch-part.ts";
import { rowsOfBatch } from "../step/micro-batch.ts";
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
    for await (const shard of checkedShards(checked, ranks)) {
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

async function* checkedShards(checked: CheckedSource, { share }: Ranks): AsyncGenerator<BatchShard> {
  const { source, classes, epoch, firstBatch = 0, place, unlabeled = false, multiLabel = false } = checked;
  const { batchSize } = source;
  const size = source.sizeOf?.(epoch) ?? source.size;
  let given = Math.min(size, firstBatch * batchSize);
  let index = firstBatch;
  for await (const shard of source.shardsFrom!(epoch, firstBatch, share)) {
    index += 1;
    const here = `${place}, batch ${index}`;
    const { batch, rows, sampleKeys } = shard;
    const expected = Math.min(batchSize, size - given);
    const own = rowsOfRank(expected, share);
    if (
      sampleKeys.length !== expected ||
      String(rows) !== String(own) ||
      batch.labels.length !== own.length
    ) {
      throw new RangeError(
        `${here}: a shard of a source with size ${size} and batchSize ${batchSize} must have rows ${own.length === 0 ? "none" : own} of ${expected}, got ${batch.labels.length} rows, ${rows.length === 0 ? "none" : rows} of ${sampleKeys.length}`,
      );
    }
    if (own.length > 0) requireBatch(here, batch, classes, { unlabeled, multiLabel });
    given += expected;
    yield shard;
  }
  if (given < size) {
    throw new RangeError(`${place}: a source with size ${size} must give as many samples, got ${given}`);
  }
}

/** Returns the rank's rows, which are two runs of a batch's, copied. */
function pickRows(batch: Batch, rows: Int32Array): Batch {
  const cut = rows.findIndex((row, i) => i > 0 && row !== rows[i - 1]! + 1);
  const runs = (cut < 0 ? [rows] : [rows.subarray(0, cut), rows.subarray(cut)]).map((run) =>
    rowsOfBatch(batch, run[0] ?? 0, (run.at(-1) ?? -1) + 1),
  );
  const [first, second] = runs as [Batch, Batch | undefined];
  return second === undefined ? first : joined(first, second);
}

function joined(first: Batch, second: Batch): Batch {
  const { images, shape, labels, sampleKeys, labelWeights, targets, teacherImages, teacherShape, viewKeys } =
    first;
  const sized = (given: readonly number[]) => [labels.length + second.labels.length, ...given.slice(1)];
  const join = <A extends Float32Array | Int32Array | Uint32Array | BigUint64Array>(a: A, b: A): A => {
    const both = new (a.constructor as new (length: number) => A)(a.length + b.length);
    both.set(a as never);
    both.set(b as never, a.length);
    return both;
  };
  return {
    images: join(images, second.images),
    shape: sized(shape),
    labels: join(labels, second.labels),
    sampleKeys: join(sampleKeys, second.sampleKeys),
    ...(labelWeights !== undefined && { labelWeights: join(labelWeights, second.labelWeights!) }),
    ...(targets !== undefined && { targets: join(targets, second.targets!) }),
    ...(viewKeys !== undefined && { viewKeys: join(viewKeys, second.viewKeys!) }),
    ...(teacherImages !== undefined &&
      teacherShape !== undefined && {
        teacherImages: join(teacherImages, second.teacherImages!),
        teacherShape: sized(teacherShape),
      }),
  };
}
