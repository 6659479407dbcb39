import { squaredNorms } from "tfjs-optim";
import type { BatchPart } from "../step/batch-part.ts";
import type { Task } from "../task.ts";
import type { Engine } from "./engine.ts";
import type { Passes } from "./passes.ts";
import {
  assignFlat,
  flatten,
  type PassKind,
  readVector,
  stepVectors,
  totalSize,
  untrainedVariables,
} from "./step-vector.ts";

/** Sums a pass's vector over ranks, the first `gradients` of whose numbers are gradients. */
export type SumOverRanks = (vector: Float32Array, gradients: number) => Promise<void>;

/** Returns an engine whose passes give vectors, each summed over ranks by `sum`. Default: one rank. */
export function vectorEngine(task: Task, passes: Passes, sum: SumOverRanks = async () => {}): Engine {
  const untrained = untrainedVariables(task);
  const vectors = stepVectors(task);
  const trained = totalSize(task.variables);

  async function pass(kind: PassKind, part: BatchPart, microBatchSize: number, step: number) {
    const training = kind === "train";
    const vector = vectors[kind];
    await passes.run(kind, part, microBatchSize, step, vector);
    await sum(vector, training ? trained : 0);
    return readVector(vector, task, training);
  }

  return {
    measure: () => passes.measure(),
    sync: () => passes.sync(),
    async gradients(part, microBatchSize, step) {
      const before = await flatten(untrained);
      const { gradients, moved, logs } = await pass("train", part, microBatchSize, step);
      if (moved.length > 0) {
        assignFlat(
          untrained,
          before.map((weight, i) => weight + moved[i]!),
        );
      }
      const squares = squaredNorms(Object.values(gradients));
      const norms = (await squares.data()) as Float32Array;
      squares.dispose();
      return { gradients, logs, squaredNorms: norms };
    },
    evaluate: async (part, microBatchSize) => (await pass("evaluate", part, microBatchSize, 0)).logs,
    close: () => passes.close(),
  };
}
