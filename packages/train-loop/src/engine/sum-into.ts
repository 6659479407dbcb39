import * as tf from "@tensorflow/tfjs-core";
import type { BatchPart } from "../step/batch-part.ts";
import { BatchSum } from "../step/batch-sum.ts";
import type { Task } from "../task.ts";
import type { EarlyGradients } from "./early-gradients.ts";
import { type PassKind, watchUntrained, writeGradients, writeResults } from "./step-vector.ts";

/** A pass over some rows of a batch. */
export interface Pass {
  readonly task: Task;
  readonly kind: PassKind;
  /** Index of the optimizer step; 0 in an evaluation. */
  readonly step: number;
  readonly place: Omit<BatchPart, "batch">;
}

/**
 * Computes a pass and writes its results into a vector.
 *
 * @param add - Adds the rows, and returns how many there were.
 * @param early - Has written the last gradients of the vector already when the rows are added.
 */
export async function sumInto(
  vector: Float32Array,
  { task, kind, step, place }: Pass,
  add: (sum: BatchSum) => Promise<number>,
  early?: EarlyGradients,
): Promise<void> {
  const training = kind === "train";
  const changes = training ? await watchUntrained(task) : undefined;
  const sum = new BatchSum(task, training, place, step);
  const rows = await add(sum);
  const moved = (await changes?.(rows / place.total)) ?? new Float32Array(0);
  const gradients = sum.gradients();
  if (training) await writeGradients(vector, task, gradients, early && ((offset) => early.has(offset)));
  tf.dispose(gradients);
  writeResults(vector, task, training, { moved, logs: await sum.logs() });
}
