import type { RankShare } from "sample-keys";
import type { ImageBatch, ImageShard } from "../image-batch.ts";

/** Batches for a trainer, epoch by epoch. */
export interface ImageSource {
  /** Samples in an epoch: the store's; with repeats, rounded down to a multiple of 256 as FB's, if there are that many. */
  readonly size: number;
  readonly batchSize: number;
  /** Whether pictures that do not decode are left out, and batches may be smaller for it: `onBadImage: "skip"`. */
  readonly skips: boolean;
  readonly classNames: readonly string[];
  /**
   * Everything that determines the views' pixels besides their keys, including the samples' own bytes: sources where it is equal may share
   * a store of teacher logits. Hashes the samples when it is first read.
   */
  readonly viewSettings: string;
  /**
   * @throws Error while iterating: naming the picture that does not decode, or if the source is closed.
   */
  batches(epoch: number): AsyncIterable<ImageBatch>;
  /**
   * The same without its first `firstBatch` batches, of which nothing is decoded: for a run that is resumed. A batch that
   * was left out because none of its pictures decodes counts here.
   */
  batchesFrom(epoch: number, firstBatch: number): AsyncIterable<ImageBatch>;
  /**
   * One rank's rows of these batches, to the bit, where several programs train together: the same order, of which only these rows are
   * decoded. Absent where pictures are skipped, as which rows a batch has depends on all of them.
   *
   * @throws RangeError while iterating if the share's rank or size is out of range.
   */
  shardsFrom?(epoch: number, firstBatch: number, share: RankShare): AsyncIterable<ImageShard>;
  /** Ends the threads, if it has any. Can be called twice. */
  close(): Promise<void>;
}
