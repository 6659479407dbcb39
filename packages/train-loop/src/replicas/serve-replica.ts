import * as tf from "@tensorflow/tfjs-core";
import { requireTask } from "../checks/require-task.ts";
import { BatchSum } from "../step/batch-sum.ts";
import { measureMemory } from "../step/memory-use.ts";
import { rowsOfBatch } from "../step/micro-batch.ts";
import type { Task } from "../task.ts";
import { allVariables } from "../task-variables.ts";
import {
  broadcastBatch,
  broadcastCommand,
  type Command,
  emptyBatch,
  shareOf,
  type WorkDescription,
} from "./commands.ts";
import type { Communicator } from "./communicator.ts";
import {
  assignFlat,
  flatten,
  stepVectors,
  totalSize,
  untrainedVariables,
  writeVector,
} from "./step-vector.ts";

/**
 * Runs a replica, on every rank except 0: computes its share of each batch until rank 0's `fit` ends.
 *
 * @param communicator - Communicator of a rank ≥ 1.
 * @param task - The same task as on rank 0. Stays the caller's.
 * @throws TypeError if `task` is not a task; RangeError if it differs from rank 0's; or an error of the computation.
 *
 * @example
 * ```ts norun
 * await serveReplica(communicator, task);
 * ```
 */
export async function serveReplica(communicator: Communicator, task: Task): Promise<void> {
  requireTask("serveReplica", task);
  const variables = allVariables(task);
  const weights = new Float32Array(totalSize(variables));
  const vectors = stepVectors(task);
  for (;;) {
    const command = await broadcastCommand(communicator);
    switch (command.kind) {
      case "begin":
        requireSameWork(communicator.rank, task, command.work);
        await communicator.barrier();
        break;
      case "measure": {
        const { fixed, perRow } = await measureMemory(task);
        await communicator.allreduce(Float32Array.of(fixed, perRow));
        break;
      }
      case "weights": {
        await communicator.broadcast(weights, 0);
        assignFlat(variables, weights);
        break;
      }
      case "train":
      case "evaluate":
        await computeShare(communicator, task, command, vectors);
        break;
      case "end":
        return;
    }
  }
}

async function computeShare(
  communicator: Communicator,
  task: Task,
  { kind, microBatchSize, step, batch: description }: Extract<Command, { kind: "train" | "evaluate" }>,
  vectors: Readonly<Record<"train" | "evaluate", Float32Array>>,
): Promise<void> {
  const training = kind === "train";
  const replicas = communicator.size - 1;
  const replica = communicator.rank - 1;
  const { rows } = description;
  const untrained = training ? untrainedVariables(task) : [];
  const before = await flatten(untrained);
  const sum = new BatchSum(task, training, step);
  const largest = Math.min(rows, microBatchSize * replicas);
  const buffer = emptyBatch(description, largest);
  for (let start = 0; start < rows; start += largest) {
    const round = rowsOfBatch(buffer, 0, Math.min(rows - start, largest));
    await broadcastBatch(communicator, round);
    const [from, to] = shareOf(round.labels.length, replica, replicas);
    if (to > from) await sum.add(rowsOfBatch(round, from, to), (to - from) / rows, start + from);
  }
  const after = await flatten(untrained);
  const moved = after.map((weight, i) => (weight - before[i]!) / replicas);
  const gradients = sum.gradients();
  const vector = vectors[kind];
  await writeVector(vector, task, training, { gradients, moved, logs: await sum.logs() });
  tf.dispose(gradients);
  await communicator.allreduce(vector);
}

function requireSameWork(rank: number, task: Task, work: WorkDescription): void {
  const refuse = (what: string, here: unknown, there: unknown): never => {
    throw new RangeError(
      `serveReplica: rank ${rank} must train as rank 0 does: ${what} is ${JSON.stringify(here)}, there ${JSON.stringify(there)}`,
    );
  };
  const shapes = allVariables(task).map(({ shape }) => shape);
  if (shapes.length !== work.shapes.length) {
    refuse("the number of weights", shapes.length, work.shapes.length);
  }
  shapes.forEach((shape, i) => {
    if (String(shape) !== String(work.shapes[i])) refuse(`the shape of weight ${i}`, shape, work.shapes[i]);
  });
  for (const name of new Set([...Object.keys(task.settings), ...Object.keys(work.settings)])) {
    const [here, there] = [task.settings[name], work.settings[name]];
    if (JSON.stringify(here) !== JSON.stringify(there)) refuse(name, here, there);
  }
}
