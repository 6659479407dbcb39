import type * as tf from "@tensorflow/tfjs-core";
import { variablesOf } from "tfjs-optim";
import type { Task } from "./task.ts";

type Trained = Pick<Task, "model" | "variables">;

/** Returns the variables that a task trains beside its model's, such as a projection that only the loss needs. */
export function ownVariables({ model, variables }: Trained): tf.Variable[] {
  const known = new Set(variablesOf(model));
  return variables.filter((variable) => !known.has(variable));
}

/** Returns all variables of a training: the model's, non-trainable ones included, then the task's own. */
export function allVariables(task: Trained): tf.Variable[] {
  return [...variablesOf(task.model), ...ownVariables(task)];
}
