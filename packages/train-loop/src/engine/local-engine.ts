import { BatchSum } from "../step/batch-sum.ts";
import { measureMemory } from "../step/memory-use.ts";
import type { Task } from "../task.ts";
import type { Engine } from "./engine.ts";
import { ownGradients } from "./own-gradients.ts";

/** Returns an engine that computes whole batches in this thread, on the model itself. */
export function localEngine(task: Task): Engine {
  return {
    ...ownGradients,
    measure: () => measureMemory(task),
    sync: async () => {},
    close: async () => {},
    async gradients({ batch, ...place }, microBatchSize, step) {
      const sum = new BatchSum(task, true, place, step);
      await sum.addAll(batch, microBatchSize);
      return sum.gradientsAndLogs();
    },
    async evaluate({ batch, ...place }, microBatchSize) {
      const sum = new BatchSum(task, false, place);
      await sum.addAll(batch, microBatchSize);
      return sum.logs();
    },
  };
}
