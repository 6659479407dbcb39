import * as tf from "@tensorflow/tfjs-core";
import { type Checks, COUNT, check, FUNCTION, optional, requireOptions } from "known-options";
import type { Batch } from "sample-keys";
import type { DataSource } from "train-loop";
import {
  checkedBatches,
  disposeMicroBatch,
  microBatchRanges,
  requireSource,
  rowsOfBatch,
  toMicroBatch,
} from "train-loop";
import type { Teacher } from "../teachers/teacher.ts";
import type { LogitStore } from "./logit-store.ts";
import { storedTeacher } from "./stored-teacher.ts";

/** Options of {@link storeTeacherLogits}. */
export interface StoreTeacherLogitsOptions {
  /** Epochs of the source to store, from its first one: as many as have views of their own. */
  readonly epochs: number;
  /** Rows that the teacher is asked for at once. Default 16. */
  readonly microBatchSize?: number;
  /** Told after each batch. */
  readonly onProgress?: (progress: StoreProgress) => void;
  /** Ends the work after the batch under way, with the signal's reason. What is stored stays. */
  readonly signal?: AbortSignal;
}

const CHECKS: Checks<StoreTeacherLogitsOptions> = {
  epochs: COUNT,
  microBatchSize: optional(COUNT),
  onProgress: optional(FUNCTION),
  signal: optional(
    check("an AbortSignal", (value) => typeof (value as AbortSignal | null)?.aborted === "boolean"),
  ),
};

/** How far {@link storeTeacherLogits} is, in rows. */
export interface StoreProgress {
  /** In the store now. */
  readonly done: number;
  readonly total: number;
  /** Rows that the teacher computed in this call; the rest were already stored. */
  readonly computed: number;
}

/**
 * Asks a teacher about all views of a source before anybody learns from it. Interrupted, it goes on where it was when it is
 * called again: what is stored is not asked again.
 *
 * @returns Its last progress.
 * @throws RangeError or TypeError for options, a source or a batch that are not what they must be. Error if the data has no
 * `viewKeys` or the teacher's logits are not finite: the row is named, and nothing of its micro-batch is stored. What the teacher and
 * the store throw.
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
  requireOptions("storeTeacherLogits", options, CHECKS);
  requireSource("storeTeacherLogits", source);
  const { epochs, microBatchSize = 16, onProgress, signal } = options;
  const stored = storedTeacher(teacher, store);
  let progress: StoreProgress = { done: 0, total: epochs * source.size, computed: 0 };
  for (let epoch = 0; epoch < epochs; epoch++) {
    const place = `storeTeacherLogits: epoch ${epoch + 1}`;
    for await (const batch of checkedBatches({ source, classes: teacher.classes, epoch, place })) {
      signal?.throwIfAborted();
      const { done, total, computed } = progress;
      const asked = await storeBatch(stored, batch, store, microBatchSize);
      progress = { done: done + batch.labels.length, total, computed: computed + asked };
      onProgress?.(progress);
      await tf.nextFrame(); // lets timers, signals and the data's worker threads through
    }
  }
  return progress;
}

/** @returns How many rows the teacher was asked for. */
async function storeBatch(
  stored: Teacher,
  batch: Batch,
  store: LogitStore,
  microBatchSize: number,
): Promise<number> {
  const { teacherImages, teacherShape, viewKeys } = batch;
  // The student's images stay on the host where the teacher has its own.
  const seen =
    teacherImages && teacherShape ? { ...batch, images: teacherImages, shape: teacherShape } : batch;
  let asked = 0;
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
    asked += end - start;
  }
  return asked;
}
