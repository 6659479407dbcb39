import { type Check, check } from "known-options";
import { type Batch, type RankShare, rowsOfRank } from "sample-keys";
import type { BatchShard, DataSource } from "train-loop";

/** Check of a {@link RankShare}. */
export const RANK_SHARE: Check = check("{ rank, size }, integers with rank in [0, size)", (value) => {
  const { rank, size } = Object(value) as RankShare;
  return Number.isInteger(rank) && Number.isInteger(size) && 0 <= rank && rank < size;
});

/** The share of a program that does all the work. */
export const ALONE: RankShare = { rank: 0, size: 1 };

/** A batch with the rows of it that this program computes. */
export interface OwnRows {
  /** The whole batch, or if its source makes shards the program's rows alone. */
  readonly batch: Batch;
  /** Indices of the program's rows in `batch`. */
  readonly own: readonly number[];
  /** Number of rows of the whole batch. */
  readonly total: number;
}

/** Yields each batch with the program's rows of it. */
export async function* ownRows(
  made: AsyncIterable<Batch> | AsyncIterable<BatchShard>,
  share: RankShare,
): AsyncGenerator<OwnRows> {
  for await (const one of made) {
    if ("rows" in one) {
      const { batch, rows, sampleKeys } = one;
      yield { batch, own: [...rows.keys()], total: sampleKeys.length };
      continue;
    }
    const total = one.labels.length;
    yield { batch: one, own: [...rowsOfRank(total, share)], total };
  }
}

/** Whether a program takes its rows from a source's shards, which have only these. */
export function takesShards(
  source: DataSource,
  share: RankShare,
): source is DataSource & Required<Pick<DataSource, "shardsFrom">> {
  return share.size > 1 && source.shardsFrom !== undefined && source.skips !== true;
}

/** Number of a program's rows in an epoch. */
export function ownSize({ size, batchSize }: DataSource, share: RankShare): number {
  const full = Math.floor(size / batchSize);
  return full * rowsOfRank(batchSize, share).length + rowsOfRank(size % batchSize, share).length;
}
