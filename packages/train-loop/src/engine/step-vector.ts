import * as tf from "@tensorflow/tfjs-core";
import { variablesOf } from "tfjs-optim";
import { allocate, canShareMemory } from "../communicator/memory.ts";
import { logNames } from "../step/batch-logs.ts";
import type { BatchLogs, Task } from "../task.ts";

/** Kind of a pass over a batch. */
export type PassKind = "train" | "evaluate";

/**
 * Results of a pass that replicas sum as one vector: gradients of all trained variables (of a training pass), changes of the
 * other weights (batch normalization's averages), and logs.
 */
export interface StepVector {
  readonly gradients: tf.NamedTensorMap;
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

/** Allocates the vectors of both kinds of passes, in shared memory where threads may share it. */
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
 * Writes a replica's results; missing gradients are zeros. Frees nothing.
 *
 * @param isThere - Whether the gradient at an index is there already. Default: none is.
 */
export async function writeVector(
  vector: Float32Array,
  task: Task,
  training: boolean,
  { gradients, moved, logs }: StepVector,
  isThere: (offset: number) => boolean = () => false,
): Promise<void> {
  let offset = 0;
  if (training) {
    for (const { name, size } of task.variables) {
      const gradient = gradients[name];
      if (!isThere(offset)) {
        if (gradient === undefined) vector.fill(0, offset, offset + size);
        else vector.set((await gradient.data()) as Float32Array, offset);
      }
      offset += size;
    }
    vector.set(moved, offset);
    offset += moved.length;
  }
  for (const name of logsOf(task, training)) vector[offset++] = logs[name] ?? 0;
}

/** Reads the sum; `gradients` are new tensors owned by the caller, of the variables that are not frozen. */
export function readVector(vector: Float32Array, task: Task, training: boolean): StepVector {
  const gradients: tf.NamedTensorMap = {};
  let offset = 0;
  let moved = new Float32Array(0);
  if (training) {
    for (const { name, size, shape, trainable } of task.variables) {
      if (trainable) gradients[name] = tf.tensor(vector.subarray(offset, offset + size), shape, "float32");
      offset += size;
    }
    moved = vector.slice(offset, offset + totalSize(untrainedVariables(task)));
    offset += moved.length;
  }
  const names = logsOf(task, training);
  const logs = Object.fromEntries(names.map((name, i) => [name, vector[offset + i]!]));
  return { gradients, moved, logs };
}

/**
 * Concatenates the values of variables.
 *
 * @param flat - Destination. Default: a new array.
 */
export async function flatten(
  variables: readonly tf.Variable[],
  flat: Float32Array = new Float32Array(totalSize(variables)),
): Promise<Float32Array> {
  let offset = 0;
  for (const variable of variables) {
    flat.set((await variable.data()) as Float32Array, offset);
    offset += variable.size;
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

export function totalSize(variables: readonly tf.Variable[]): number {
  return variables.reduce((sum, { size }) => sum + size, 0);
}
