import * as tf from "@tensorflow/tfjs-core";
import { variablesOf } from "tfjs-optim";
import { allocate, canShareMemory } from "../communicator/memory.ts";
import { logNames } from "../step/batch-logs.ts";
import type { BatchLogs, Task } from "../task.ts";

/** Kind of a pass over a batch. */
export type PassKind = "train" | "evaluate";

/** What a pass gives beside gradients: changes of the other weights (batch normalization's averages), and logs. */
export interface PassResults {
  readonly moved: Float32Array;
  readonly logs: BatchLogs;
}

/** Returns the model's weights that have no gradient. */
export function untrainedVariables({ model, variables }: Task): tf.Variable[] {
  const trained = new Set(variables);
  return variablesOf(model).filter((variable) => !trained.has(variable));
}

/** Returns the variables of the model that have a gradient: the first of the task's. */
export function modelVariables({ model, variables }: Task): tf.Variable[] {
  const known = new Set(variablesOf(model));
  return variables.filter((variable) => known.has(variable));
}

/**
 * Allocates the vectors that are summed over replicas and ranks, of both kinds of passes: gradients of all trained variables (of a
 * training pass), then {@link PassResults}. In shared memory where threads may share it.
 */
export function stepVectors(task: Task): Readonly<Record<PassKind, Float32Array>> {
  const isShared = canShareMemory();
  const allocated = (training: boolean) =>
    new Float32Array(allocate(4 * vectorLength(task, training), isShared));
  return { train: allocated(true), evaluate: allocated(false) };
}

function vectorLength(task: Task, training: boolean): number {
  const logs = logsOf(task, training).length;
  if (!training) return logs;
  return totalSize(task.variables) + totalSize(untrainedVariables(task)) + logs;
}

/**
 * Writes gradients; missing ones are zeros. Frees nothing.
 *
 * @param isThere - Whether the gradient at an index is there already. Default: none is.
 */
export async function writeGradients(
  vector: Float32Array,
  { variables }: Task,
  gradients: tf.NamedTensorMap,
  isThere: (offset: number) => boolean = () => false,
): Promise<void> {
  let offset = 0;
  for (const { name, size } of variables) {
    const gradient = gradients[name];
    if (!isThere(offset)) {
      if (gradient === undefined) vector.fill(0, offset, offset + size);
      else vector.set((await gradient.data()) as Float32Array, offset);
    }
    offset += size;
  }
}

/** Writes what is behind the gradients. */
export function writeResults(
  vector: Float32Array,
  task: Task,
  training: boolean,
  { moved, logs }: PassResults,
): void {
  let offset = training ? totalSize(task.variables) : 0;
  vector.set(moved, offset);
  offset += moved.length;
  for (const name of logsOf(task, training)) vector[offset++] = logs[name] ?? 0;
}

/** Reads what is behind the gradients. */
export function readResults(vector: Float32Array, task: Task, training: boolean): PassResults {
  let offset = training ? totalSize(task.variables) : 0;
  const moved = vector.slice(offset, offset + (training ? totalSize(untrainedVariables(task)) : 0));
  offset += moved.length;
  const names = logsOf(task, training);
  return { moved, logs: Object.fromEntries(names.map((name, i) => [name, vector[offset + i]!])) };
}

/**
 * Begins to watch the weights that have no gradient.
 *
 * @returns A function that gives their changes since, times a share.
 */
export async function watchUntrained(task: Task): Promise<(share: number) => Promise<Float32Array>> {
  const untrained = untrainedVariables(task);
  const before = await flatten(untrained);
  return async (share) => (await flatten(untrained)).map((weight, i) => (weight - before[i]!) * share);
}

/**
 * Concatenates the values of tensors.
 *
 * @param flat - Destination. Default: a new array.
 */
export async function flatten(
  tensors: readonly tf.Tensor[],
  flat: Float32Array = new Float32Array(totalSize(tensors)),
): Promise<Float32Array> {
  let offset = 0;
  for (const tensor of tensors) {
    flat.set((await tensor.data()) as Float32Array, offset);
    offset += tensor.size;
  }
  return flat;
}

/** Assigns variables the values of {@link flatten}. */
export function assignFlat(variables: readonly tf.Variable[], flat: Float32Array): void {
  let offset = 0;
  for (const variable of variables) {
    const value = tf.tensor(flat.subarray(offset, offset + variable.size), variable.shape, variable.dtype);
    variable.assign(value);
    value.dispose();
    offset += variable.size;
  }
}

function logsOf({ parts }: Task, training: boolean): string[] {
  return logNames(training ? parts.train : parts.evaluate);
}

export function totalSize(tensors: readonly tf.Tensor[]): number {
  return tensors.reduce((sum, { size }) => sum + size, 0);
}
