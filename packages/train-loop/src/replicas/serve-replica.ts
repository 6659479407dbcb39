import { requireTask } from "../checks/require-task.ts";
import { broadcastJson } from "../communicator/broadcast-json.ts";
import type { Communicator } from "../communicator/communicator.ts";
import { assignFlat, stepVectors, totalSize } from "../engine/step-vector.ts";
import { sumInto } from "../engine/sum-into.ts";
import { measureMemory } from "../step/memory-use.ts";
import { rowsOfBatch } from "../step/micro-batch.ts";
import type { Task } from "../task.ts";
import { allVariables } from "../task-variables.ts";
import { broadcastBatch, type Command, emptyBatch, shareOf, type WorkDescription } from "./commands.ts";

/**
 * Runs a replica in its thread: computes its share of each batch until the thread of `fit`, rank 0, ends.
 *
 * @param task - The same task as on rank 0. Stays the caller's.
 * @throws TypeError if `task` is not a task; RangeError if it differs from rank 0's; or an error of the computation.
 */
export async function serveReplica(communicator: Communicator, task: Task): Promise<void> {
  requireTask("serveReplica", task);
  const variables = allVariables(task);
  const weights = new Float32Array(totalSize(variables));
  const vectors = stepVectors(task);
  for (;;) {
    const command = await broadcastJson<Command>(communicator);
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
  const replicas = communicator.size - 1;
  const replica = communicator.rank - 1;
  const { rows, place } = description;
  const vector = vectors[kind];
  await sumInto(vector, { task, kind, step, place }, async (sum) => {
    const largest = Math.min(rows, microBatchSize * replicas);
    const buffer = emptyBatch(description, largest);
    let own = 0;
    for (let start = 0; start < rows; start += largest) {
      const round = rowsOfBatch(buffer, 0, Math.min(rows - start, largest));
      await broadcastBatch(communicator, round);
      const [from, to] = shareOf(round.labels.length, replica, replicas);
      if (to > from) await sum.add(rowsOfBatch(round, from, to), start + from);
      own += to - from;
    }
    return own;
  });
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
