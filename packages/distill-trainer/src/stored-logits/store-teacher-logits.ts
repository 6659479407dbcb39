import { ABORT_SIGNAL, type Checks, COUNT, FUNCTION, optional, requireOptions } from "known-options";
import type { Batch, RankShare } from "sample-keys";
import type { CheckedSource, DataSource } from "train-loop";
import {
  checkedBatches,
  checkedShards,
  disposeMicroBatch,
  microBatchRanges,
  nextTask,
  pickRows,
  requireSource,
  rowsOfBatch,
  toMicroBatch,
} from "train-loop";
import { ALONE, type OwnRows, ownRows, ownSize, RANK_SHARE, takesShards } from "../own-rows.ts";
import type { Teacher } from "../teachers/teacher.ts";
import type { LogitStore } from "./logit-store.ts";
import { storedTeacher } from "./stored-teacher.ts";

/** Options of {@link storeTeacherLogits}. */
export interface StoreTeacherLogitsOptions {
  /** Number of epochs to store, from the first: those with distinct views. */
  readonly epochs: number;
  /** Rows per pass of the teacher. Default 16. */
  readonly microBatchSize?: number;
  /** This program's part of the work, where several divide it: its rows of each batch, as in `fit`. Default: all rows. */
  readonly share?: RankShare;
  /** Callback after each batch. */
  readonly onProgress?: (progress: StoreProgress) => void;
  /** Signal that ends the work after the current batch with its reason; stored logits stay. */
  readonly signal?: AbortSignal;
}

/** Checks of {@link StoreTeacherLogitsOptions}. */
export const STORE_CHECKS: Checks<StoreTeacherLogitsOptions> = {
  epochs: COUNT,
  microBatchSize: optional(COUNT),
  share: optional(RANK_SHARE),
  onProgress: optional(FUNCTION),
  signal: optional(ABORT_SIGNAL),
};

/** Progress of {@link storeTeacherLogits}, in rows; with a `share`, in this program's. */
export interface StoreProgress {
  /** Rows stored so far. */
  readonly done: number;
  /** Rows in all. */
  readonly total: number;
  /** Rows that the teacher computed in this call; the rest were already stored. */
  readonly computed: number;
}

/**
 * Computes and stores a teacher's logits for all views of a source. An interrupted call can be repeated: stored logits are
 * not computed again.
 *
 * Several programs divide the work if each has its `share` and a store of its own in one folder (`logitStore`). Then each closes its store,
 * waits for the others, and opens the folder anew: all read everything. Programs without a common folder store everything each.
 *
 * @returns The final progress.
 * @throws TypeError or RangeError for an invalid argument or batch. Error if the data has no `viewKeys`, or the teacher's logits
 * are not finite: the row is named, and nothing of its micro-batch is stored. Errors of the teacher and the store.
 *
 * @example
 * const store = logitStore("logits", { classes: 5, teacher: "a digest", views: source.viewSettings });
 * await storeTeacherLogits(teacher, source, store, { epochs: 1, onProgress: ({ done, total }) => console.log(done / total) });
 */
export async function storeTeacherLogits(
  teacher: Teacher,
  source: DataSource,
  store: LogitStore,
  options: StoreTeacherLogitsOptions,
): Promise<StoreProgress> {
  requireOptions("storeTeacherLogits", options, STORE_CHECKS);
  requireSource("storeTeacherLogits", source);
  const { microBatchSize = 16 } = options;
  const stored = storedTeacher(teacher, store);
  return storeEach("storeTeacherLogits", source, teacher.classes, options, ({ batch, own }) => {
    const rows = own.length === batch.labels.length ? batch : pickRows(batch, own);
    return storeBatch(stored, rows, store, microBatchSize);
  });
}

/** Calls `storing` with each batch; it returns the number of rows that a teacher computed. */
export async function storeEach(
  caller: string,
  source: DataSource,
  classes: number,
  { epochs, share = ALONE, onProgress, signal }: StoreTeacherLogitsOptions,
  storing: (rows: OwnRows) => Promise<number>,
): Promise<StoreProgress> {
  let progress: StoreProgress = { done: 0, total: epochs * ownSize(source, share), computed: 0 };
  for (let epoch = 0; epoch < epochs; epoch++) {
    const place = `${caller}: epoch ${epoch + 1}`;
    const checked: CheckedSource = { source, classes, epoch, place, unlabeled: true, multiLabel: "any" };
    const made = takesShards(source, share) ? checkedShards(checked, share) : checkedBatches(checked);
    for await (const rows of ownRows(made, share)) {
      signal?.throwIfAborted();
      const { done, total, computed } = progress;
      const more = await storing(rows);
      progress = { done: done + rows.own.length, total, computed: computed + more };
      onProgress?.(progress);
      await nextTask(); // lets timers, signals and the data's worker threads through
    }
  }
  return progress;
}

/** Stores a batch's logits; returns the number of rows that the teacher computed. */
export async function storeBatch(
  stored: Teacher,
  batch: Batch,
  store: LogitStore,
  microBatchSize: number,
): Promise<number> {
  const { teacherImages, teacherShape, viewKeys } = batch;
  // If the teacher has its own images, the student's are not uploaded.
  const seen =
    teacherImages && teacherShape ? { ...batch, images: teacherImages, shape: teacherShape } : batch;
  let computed = 0;
  for (const [start, end] of microBatchRanges(batch.labels.length, microBatchSize)) {
    const found = viewKeys && (await store.find(viewKeys.subarray(start, end)));
    if (found?.every((row) => row !== undefined)) continue;
    const { teacherImages: _, teacherShape: __, ...own } = seen;
    const micro = toMicroBatch(rowsOfBatch(own, start, end));
    try {
      (await stored.logits(micro.images, micro)).dispose();
    } finally {
      disposeMicroBatch(micro);
    }
    computed += end - start;
  }
  return computed;
}
