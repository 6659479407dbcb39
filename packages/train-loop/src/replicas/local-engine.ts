import { BatchSum } from "../step/batch-sum.ts";
import { measureMemory } from "../step/memory-use.ts";
import type { Task } from "../task.ts";
import type { Engine } from "./engine.ts";

/** Returns an engine that computes in this thread, on the model itself. */
export function localEngine(task: Task): Engine {
  return {
    measure: () => measureMemory(task),
    sync: async () => {},
    close: async () => {},
    async gradients(batch, microBatchSize, step) {
      const sum = new BatchSum(task, true, step);
      await sum.addAll(batch, microBatchSize);
      return sum.gradientsAndLogs();
    },
    async evaluate(batch, microBatchSize) {
      const sum = new BatchSum(task, false);
      await sum.addAll(batch, microBatchSize);
      return sum.logs();
    },
  };
}
