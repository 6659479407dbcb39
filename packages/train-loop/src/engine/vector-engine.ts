import type { Ranks } from "../ranks/ranks.ts";
import type { BatchPart } from "../step/batch-part.ts";
import type { Task } from "../task.ts";
import { BucketSums, bucketStarts } from "./bucket-sums.ts";
import type { Engine } from "./engine.ts";
import type { Passes } from "./passes.ts";
import {
  assignFlat,
  flatten,
  modelVariables,
  type PassKind,
  readResults,
  stepVectors,
  totalSize,
  untrainedVariables,
} from "./step-vector.ts";
import { type SummedGradients, summedGradients } from "./summed-gradients.ts";

/**
 * Returns an engine whose passes give vectors, each of which is summed over ranks.
 *
 * @param summed - What takes the sums of gradients. Default: new tensors.
 */
export function vectorEngine(
  task: Task,
  passes: Passes,
  ranks: Ranks,
  summed: SummedGradients = summedGradients(task),
): Engine {
  const untrained = untrainedVariables(task);
  const vectors = stepVectors(task);
  const trained = totalSize(task.variables);
  const ofModel = modelVariables(task);
  const starts = bucketStarts(ofModel.map(({ size }) => size));

  async function pass(kind: PassKind, part: BatchPart, microBatchSize: number, step: number) {
    const training = kind === "train";
    const vector = vectors[kind];
    const gradients = vector.subarray(0, training ? trained : 0);
    const sums = new BucketSums(gradients, totalSize(ofModel), starts, (bucket) =>
      ranks.sumGradients(bucket),
    );
    await passes.run(kind, part, microBatchSize, step, vector, (start) => sums.final(start));
    if (training) await sums.finish();
    await ranks.sumOthers(vector.subarray(gradients.length));
    return readResults(vector, task, training);
  }

  return {
    measure: () => passes.measure(),
    sync: () => passes.sync(),
    async gradients(part, microBatchSize, step) {
      if (ranks.share.size > 1) requireTrainable(task);
      const before = await flatten(untrained);
      const { moved, logs } = await pass("train", part, microBatchSize, step);
      if (moved.length > 0) {
        assignFlat(
          untrained,
          before.map((weight, i) => weight + moved[i]!),
        );
      }
      return { ...(await summed.take(vectors.train.subarray(0, trained))), logs };
    },
    update: (step, gradients) => summed.update(step, gradients),
    discard: (gradients) => summed.discard(gradients),
    evaluate: async (part, microBatchSize) => (await pass("evaluate", part, microBatchSize, 0)).logs,
    close: () => passes.close(),
  };
}

/** Callbacks, which may freeze a layer, run on rank 0 alone: the others would train it. */
function requireTrainable({ variables }: Task): void {
  const frozen = variables.find(({ trainable }) => !trainable);
  if (frozen === undefined) return;
  throw new Error(
    `fit: with a communicator all variables of the task must stay trainable, got '${frozen.name}', which was frozen; end the run, and begin one with another task`,
  );
}
