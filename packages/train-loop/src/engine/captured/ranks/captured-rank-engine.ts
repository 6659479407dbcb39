import type { Ranks } from "../../../ranks/ranks.ts";
import type { Task } from "../../../task.ts";
import type { Engine } from "../../engine.ts";
import { vectorEngine } from "../../vector-engine.ts";
import { CapturedUpdate } from "../captured-update.ts";
import { MicroPasses } from "../passes/micro-passes.ts";
import type { Programs } from "../programs.ts";
import { capturedPasses } from "./captured-passes.ts";
import { GradientRow } from "./gradient-row.ts";

/**
 * Returns an engine that computes a rank's part of each batch by programs, as `capturedEngine` computes whole ones; the sums of gradients
 * are read back, summed over ranks, and written again.
 *
 * @param programs - Become the engine's.
 */
export function capturedRankEngine(task: Task, programs: Programs, ranks: Ranks): Engine {
  const passes = new MicroPasses(task, programs);
  const update = new CapturedUpdate(programs);
  const row = new GradientRow(task, passes, programs);
  const engine = vectorEngine(task, capturedPasses(task, passes, row), ranks, {
    async take(values) {
      const squaredNorms = await row.write(values);
      return { gradients: passes.sums.named(task.variables.map(({ name }) => name)), squaredNorms };
    },
    update: (step, gradients) => update.take(step, gradients),
    discard: () => {}, // the sums are this engine's
  });
  return {
    ...engine,
    async close() {
      programs.dispose();
      passes.dispose();
    },
  };
}
