import type { Batch } from "sample-keys";
import { squaredNorms } from "tfjs-optim";
import { rowsOfBatch } from "../step/micro-batch.ts";
import type { Task } from "../task.ts";
import { allVariables } from "../task-variables.ts";
import { broadcastBatch, broadcastCommand, describeBatch } from "./commands.ts";
import type { Communicator } from "./communicator.ts";
import type { Engine } from "./engine.ts";
import {
  assignFlat,
  flatten,
  readVector,
  stepVectors,
  totalSize,
  untrainedVariables,
} from "./step-vector.ts";

/**
 * Returns an engine of rank 0, which sends batches to the other ranks and receives the sums of their gradients.
 *
 * A batch is sent in rounds of one micro-batch per replica, so a replica holds a round, not the batch.
 */
export function replicatedEngine(task: Task, communicator: Communicator): Engine {
  const variables = allVariables(task);
  const untrained = untrainedVariables(task);
  const replicas = communicator.size - 1;
  const weights = new Float32Array(totalSize(variables));
  const vectors = stepVectors(task);

  let isWithinPass = false;

  async function pass(kind: "train" | "evaluate", batch: Batch, microBatchSize: number, step: number) {
    isWithinPass = true;
    await broadcastCommand(communicator, { kind, microBatchSize, step, batch: describeBatch(batch) });
    const rows = batch.labels.length;
    const round = microBatchSize * replicas;
    for (let start = 0; start < rows; start += round) {
      await broadcastBatch(communicator, rowsOfBatch(batch, start, Math.min(rows, start + round)));
    }
    const vector = vectors[kind].fill(0); // this rank computes nothing itself
    await communicator.allreduce(vector);
    isWithinPass = false;
    return readVector(vector, task, kind === "train");
  }

  return {
    async measure() {
      await broadcastCommand(communicator, { kind: "measure" });
      const sums = new Float32Array(2);
      await communicator.allreduce(sums);
      return { fixed: sums[0]! / replicas, perRow: sums[1]! / replicas };
    },
    async sync() {
      await broadcastCommand(communicator, { kind: "weights" });
      await communicator.broadcast(await flatten(variables, weights), 0);
    },
    async gradients(batch, microBatchSize, step) {
      const { gradients, moved, logs } = await pass("train", batch, microBatchSize, step);
      if (moved.length > 0) {
        const before = await flatten(untrained);
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
    evaluate: async (batch, microBatchSize) => (await pass("evaluate", batch, microBatchSize, 0)).logs,
    async close() {
      if (!isWithinPass) await broadcastCommand(communicator, { kind: "end" });
    },
  };
}

/** Sends the task's description to the other ranks; resolves when all have created it. */
export async function beginReplicas(task: Task, communicator: Communicator): Promise<void> {
  const shapes = allVariables(task).map(({ shape }) => shape);
  await broadcastCommand(communicator, { kind: "begin", work: { settings: task.settings, shapes } });
  await communicator.barrier();
}
