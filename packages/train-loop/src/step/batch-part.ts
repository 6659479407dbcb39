import { type Batch, type RankShare, rowsOfRank } from "sample-keys";

/** The rows of a batch that one rank computes. */
export interface BatchPart {
  /** The rows alone; there may be none. */
  readonly batch: Batch;
  /** Number of rows of the whole batch. */
  readonly total: number;
  /** Which of its rows these are. */
  readonly share: RankShare;
}

/** The share of a program that trains alone. */
const WHOLE: RankShare = { rank: 0, size: 1 };

/** Returns all rows of a batch, as a part. */
export function wholeBatch(batch: Batch): BatchPart {
  return { batch, total: batch.labels.length, share: WHOLE };
}

/** Returns the index in the whole batch of a part's row, for errors. */
export function rowInBatch({ total, share }: Omit<BatchPart, "batch">, row: number): number {
  return share.size === 1 ? row : rowsOfRank(total, share)[row]!;
}
