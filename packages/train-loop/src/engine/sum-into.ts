import * as tf from "@tensorflow/tfjs-core";
import type { BatchPart } from "../step/batch-part.ts";
import { BatchSum } from "../step/batch-sum.ts";
import type { Task } from "../task.ts";
import type { EarlyGradients } from "./early-gradients.ts";
import { flatten, type PassKind, untrainedVariables, writeVector } from "./step-vector.ts";

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
  const untrained = training ? untrainedVariables(task) : [];
  const before = await flatten(untrained);
  const sum = new BatchSum(task, training, place, step);
  const rows = await add(sum);
  const after = await flatten(untrained);
  const moved = after.map((weight, i) => (weight - before[i]!) * (rows / place.total));
  const gradients = sum.gradients();
  await writeVector(
    vector,
    task,
    training,
    { gradients, moved, logs: await sum.logs() },
    early && ((offset) => early.has(offset)),
  );
  tf.dispose(gradients);
}
