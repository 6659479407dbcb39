import { measureMemory } from "../../../step/memory-use.ts";
import type { Task } from "../../../task.ts";
import type { Passes } from "../../passes.ts";
import { watchUntrained, writeResults } from "../../step-vector.ts";
import type { MicroPasses } from "../passes/micro-passes.ts";
import type { GradientRow } from "./gradient-row.ts";

/** Returns passes of this thread by programs; they own nothing. */
export function capturedPasses(task: Task, passes: MicroPasses, row: GradientRow): Passes {
  return {
    measure: () => measureMemory(task),
    sync: async () => {},
    close: async () => {},
    async run(kind, part, microBatchSize, step, vector) {
      if (kind === "evaluate") {
        const logs = await passes.evaluate(part, microBatchSize);
        return writeResults(vector, task, false, { moved: new Float32Array(0), logs });
      }
      const rows = part.batch.labels.length;
      const changes = await watchUntrained(task);
      const { names, logs } = await passes.train(part, microBatchSize, step);
      const moved = await changes(rows / part.total);
      if (rows > 0) vector.set(await row.read(names));
      else vector.fill(0);
      writeResults(vector, task, true, { moved, logs });
    },
  };
}
