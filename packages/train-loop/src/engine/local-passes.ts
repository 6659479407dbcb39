import * as tf from "@tensorflow/tfjs-core";
import type { BatchSum } from "../step/batch-sum.ts";
import { measureMemory } from "../step/memory-use.ts";
import type { Task } from "../task.ts";
import { EarlyGradients } from "./early-gradients.ts";
import type { Passes } from "./passes.ts";
import { sumInto } from "./sum-into.ts";

/** Returns passes that this thread computes, on the model itself. */
export function localPasses(task: Task): Passes {
  return {
    measure: () => measureMemory(task),
    sync: async () => {},
    close: async () => {},
    run(kind, { batch, ...place }, microBatchSize, step, vector, onFinal) {
      const isEarly = kind === "train" && batch.labels.length > 0 && canReadWithin();
      const early = isEarly ? new EarlyGradients(vector, task, onFinal) : undefined;
      const add = async (sum: BatchSum) => {
        await sum.addAll(batch, microBatchSize, early);
        return batch.labels.length;
      };
      return sumInto(vector, { task, kind, step, place }, add, early);
    },
  };
}

/** Whether tensors can be read within a backward pass: on a GPU that waits for all that it has been given. */
function canReadWithin(): boolean {
  return !["webgpu", "webgl"].includes(tf.getBackend());
}
