import { type RankShare, rowsOfRank } from "sample-keys";
import type { BatchShard } from "../data/data-source.ts";
import type { CheckedSource } from "./checked-batches.ts";
import { addToMessage } from "./explain.ts";
import { requireBatch } from "./require-batch.ts";

/**
 * Yields a rank's shards of an epoch, each checked first: its fields, and that it has the rank's rows of as many as the source's
 * `size`, or `sizeOf`, and `batchSize` declare.
 *
 * @param checked - A source with `shardsFrom`, and what it is checked for.
 * @throws RangeError or TypeError that names the batch, counted from 1.
 */
export async function* checkedShards(checked: CheckedSource, share: RankShare): AsyncGenerator<BatchShard> {
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
    try {
      if (own.length > 0) requireBatch(here, batch, classes, { unlabeled, multiLabel });
    } catch (error) {
      addToMessage(error, `; counted in rank ${share.rank}'s rows of the batch, ${rangesOf(own)}`);
      throw error;
    }
    given += expected;
    yield shard;
  }
  if (given < size) {
    throw new RangeError(`${place}: a source with size ${size} must give as many samples, got ${given}`);
  }
}

/** `0 to 2, 13 to 15` of ascending numbers. */
function rangesOf(rows: Int32Array): string {
  const firsts = [...rows].filter((row, i) => rows[i - 1] !== row - 1);
  const lasts = [...rows].filter((row, i) => rows[i + 1] !== row + 1);
  return firsts.map((first, i) => (first === lasts[i] ? `${first}` : `${first} to ${lasts[i]}`)).join(", ");
}
