import * as tf from "@tensorflow/tfjs-core";
import { squaredNorms } from "tfjs-optim";
import { requireParts } from "../../../checks/require-task.ts";
import { logNames, logRow } from "../../../step/batch-logs.ts";
import { gradientsOf } from "../../../step/batch-sum.ts";
import { watchTeacher } from "../../../step/watch-teacher.ts";
import type { Outcome, Task } from "../../../task.ts";
import type { GradientSums } from "./gradient-sums.ts";
import type { PassData } from "./pass-inputs.ts";

/** Numbers of a pass over a micro-batch, on the backend: new tensors of one axis each. */
export interface PassOutputs<T = tf.Tensor1D> {
  /** Loss, parts and accuracy. */
  readonly row: T;
  /** Squared norm of each gradient's sum so far; of a training pass. */
  readonly norms?: T;
  /** 0 or NaN for each row of the teacher's features and logits; of a training pass with a teacher. */
  readonly watched?: T;
}

/** Names of what a pass gives, the same whenever it runs. */
export interface PassNames {
  readonly logs: readonly string[];
  /** Variables that have a gradient. */
  readonly gradients: readonly string[];
}

/**
 * Forward and backward pass of a micro-batch; adds its gradients to the sums. It computes on the backend alone, so that it can be
 * recorded.
 *
 * @param isFirst - Whether the sums begin with it.
 */
export function gradientPass(
  task: Task,
  sums: GradientSums,
  isFirst: boolean,
  { prepared, labeled, sampleKeys, weight }: PassData,
  step: number,
): { outputs: PassOutputs; names: PassNames } {
  return tidied(() => {
    const { gradients, outcome } = gradientsOf(task, prepared, { sampleKeys, step }, weight);
    const names = { logs: logNames(Object.keys(outcome.parts)), gradients: Object.keys(gradients) };
    const row = rowOf(task, true, outcome, labeled);
    sums.add(gradients, isFirst);
    const norms = squaredNorms(sums.of(names.gradients));
    const watched = watchTeacher(prepared).map(({ sums: each }) => each);
    const outputs = { row, norms, ...(watched.length > 0 && { watched: tf.concat(watched) }) };
    return { outputs, names };
  });
}

/** Forward pass of an evaluation. */
export function evaluationPass(
  task: Task,
  { prepared, labeled }: PassData,
): { outputs: PassOutputs; names: PassNames } {
  return tidied(() => {
    const outcome = task.evaluate(prepared);
    return {
      outputs: { row: rowOf(task, false, outcome, labeled) },
      names: { logs: logNames(Object.keys(outcome.parts)), gradients: [] },
    };
  });
}

function rowOf(task: Task, training: boolean, outcome: Outcome, labeled: PassData["labeled"]): tf.Tensor1D {
  requireParts(task, training, outcome.parts);
  const row = logRow(outcome, labeled, task.multiLabel);
  tf.dispose([outcome.loss, outcome.logits, ...Object.values(outcome.parts)]);
  return row;
}

/** Runs a pass and frees all its tensors except the outputs. */
function tidied(pass: () => { outputs: PassOutputs; names: PassNames }): {
  outputs: PassOutputs;
  names: PassNames;
} {
  let result: { outputs: PassOutputs; names: PassNames } | undefined;
  tf.tidy(() => {
    result = pass();
    return Object.values(result.outputs);
  });
  return result!;
}
