import * as tf from "@tensorflow/tfjs-core";
import { firstNonFinite } from "known-options";
import type { BatchLogs, Task } from "../task.ts";
import { allVariables } from "../task-variables.ts";

/** A number that is not finite, and its tensor. */
export interface BadNumber {
  readonly what: string;
  readonly value: number;
}

/** Returns the first of a task's variables, non-trainable ones included, that is not finite, with one read-back. */
export async function badVariable(task: Task): Promise<BadNumber | undefined> {
  const variables = allVariables(task).filter(({ dtype }) => dtype === "float32");
  if (variables.length === 0) return undefined;
  const sums = tf.tidy(() => tf.stack(variables.map((variable) => tf.sum(tf.mul(variable, 0))))); // 0 or NaN
  const bad = variables[firstNonFinite((await sums.data()) as Float32Array)];
  sums.dispose();
  if (bad === undefined) return undefined;
  const data = (await bad.data()) as Float32Array;
  return { what: `the variable '${bad.name}' itself`, value: data[firstNonFinite(data)]! };
}

/** Throws an Error that names the first variable of the task that is not finite. */
export async function requireFiniteWeights(place: string, task: Task): Promise<void> {
  const bad = await badVariable(task);
  if (bad !== undefined) throw new Error(`${place}: weights must be finite, got ${bad.value}: ${bad.what}`);
}

/** Throws an Error if the loss of an evaluation is not finite. */
export async function requireFiniteLoss(caller: string, logs: BatchLogs, task: Task): Promise<void> {
  const value = Object.values(logs).find((log) => !Number.isFinite(log));
  if (value === undefined) return;
  const bad = await badVariable(task);
  const cause = bad === undefined ? "the model's weights are finite" : `the first bad number is ${bad.what}`;
  throw new Error(`${caller}: the loss must be finite, got ${value} (${cause})`);
}
