import { measureMemory } from "../step/memory-use.ts";
import type { Task } from "../task.ts";
import type { Passes } from "./passes.ts";
import { sumInto } from "./sum-into.ts";

/** Returns passes that this thread computes, on the model itself. */
export function localPasses(task: Task): Passes {
  return {
    measure: () => measureMemory(task),
    sync: async () => {},
    close: async () => {},
    run: (kind, { batch, ...place }, microBatchSize, step, vector) =>
      sumInto(vector, { task, kind, step, place }, async (sum) => {
        await sum.addAll(batch, microBatchSize);
        return batch.labels.length;
      }),
  };
}
