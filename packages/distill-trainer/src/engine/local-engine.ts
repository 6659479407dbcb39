import { BatchSum } from "../accumulate.ts";
import { measureMemory } from "../memory-use.ts";
import type { Objective } from "../objective.ts";
import type { Engine } from "./engine.ts";

/** Computes in this thread, on the model itself. */
export function localEngine(objective: Objective): Engine {
  return {
    measure: () => measureMemory(objective),
    sync: async () => {},
    close: async () => {},
    async gradients(batch, microBatchSize) {
      const sum = new BatchSum(objective, true);
      await sum.addAll(batch, microBatchSize);
      return sum.gradientsAndLogs();
    },
    async evaluate(batch, microBatchSize) {
      const sum = new BatchSum(objective, false);
      await sum.addAll(batch, microBatchSize);
      return sum.logs();
    },
  };
}
