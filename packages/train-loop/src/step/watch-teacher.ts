import * as tf from "@tensorflow/tfjs-core";
import { firstNonFinite } from "known-options";
import type { Prepared, Task } from "../task.ts";
import { type BatchPart, rowInBatch } from "./batch-part.ts";

/** Rows of what a teacher gave for a micro-batch. */
export interface WatchedRows {
  readonly what: "logits" | "features";
  /** Index of the first row among those that are computed. */
  readonly firstRow: number;
  readonly rows: number;
}

/** @throws RangeError if the teacher's logits are not those of the rows and classes. */
export function requireTeacherShape({ classes }: Task, { teacherLogits }: Prepared, rows: number): void {
  if (teacherLogits === undefined || String(teacherLogits.shape) === String([rows, classes])) return;
  throw new RangeError(
    `fit: the teacher's logits must have the shape [${rows},${classes}], got [${teacherLogits.shape}]`,
  );
}

/**
 * Returns 0 or NaN for each row of what the teacher gave, its features first: the loss does not show NaN logits, which have an argmax.
 *
 * @returns New tensors `[rows]`.
 */
export function watchTeacher({
  teacherLogits,
  teacherFeatures = [],
}: Prepared): { readonly what: WatchedRows["what"]; readonly sums: tf.Tensor1D }[] {
  const sumsOf = (tensor: tf.Tensor): tf.Tensor1D =>
    tf.tidy(() => tf.sum(tf.reshape(tf.mul(tensor, 0), [tensor.shape[0]!, -1]), 1) as tf.Tensor1D);
  const ofFeatures = teacherFeatures.map((tensor) => ({ what: "features" as const, sums: sumsOf(tensor) }));
  if (teacherLogits === undefined) return ofFeatures;
  return [...ofFeatures, { what: "logits" as const, sums: sumsOf(teacherLogits) }];
}

/**
 * Checks the numbers of {@link watchTeacher}.
 *
 * @param watched - What they are of, in order.
 * @throws Error that names the first row of the batch that is not finite.
 */
export function requireFiniteTeacher(
  place: Omit<BatchPart, "batch">,
  watched: readonly WatchedRows[],
  sums: Float32Array,
): void {
  const bad = firstNonFinite(sums);
  if (bad < 0) return;
  const all = watched.flatMap(({ what, firstRow, rows }) =>
    Array.from({ length: rows }, (_, i) => ({ what, row: firstRow + i })),
  );
  const { what, row } = all[bad]!;
  throw new Error(
    `fit: the teacher's ${what} must be finite, got NaN or an infinity in row ${rowInBatch(place, row)} of the batch`,
  );
}
