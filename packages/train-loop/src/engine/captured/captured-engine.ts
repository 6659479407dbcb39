import { measureMemory } from "../../step/memory-use.ts";
import type { Task } from "../../task.ts";
import type { Engine } from "../engine.ts";
import { CapturedUpdate } from "./captured-update.ts";
import { MicroPasses } from "./passes/micro-passes.ts";
import type { Programs } from "./programs.ts";

/**
 * Returns an engine that computes whole batches in this thread by programs that the backend has recorded: one for a micro-batch's forward
 * and backward pass, which adds to sums of gradients, and one for the update. Between them the numbers that are checked are read back, so
 * nothing that is not finite gets into a weight.
 *
 * @param programs - Become the engine's.
 */
export function capturedEngine(task: Task, programs: Programs): Engine {
  const passes = new MicroPasses(task, programs);
  const update = new CapturedUpdate(programs);
  return {
    measure: () => measureMemory(task),
    sync: async () => {},
    async gradients(part, microBatchSize, step) {
      const { names, squaredNorms, logs } = await passes.train(part, microBatchSize, step);
      return { gradients: passes.sums.named(names), squaredNorms, logs };
    },
    update: (step, gradients) => update.take(step, gradients),
    discard: () => {}, // the sums are this engine's
    evaluate: (part, microBatchSize) => passes.evaluate(part, microBatchSize),
    async close() {
      programs.dispose();
      passes.dispose();
    },
  };
}
