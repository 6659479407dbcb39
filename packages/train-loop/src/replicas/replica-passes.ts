import { broadcastJson } from "../communicator/broadcast-json.ts";
import type { Communicator } from "../communicator/communicator.ts";
import type { Passes } from "../engine/passes.ts";
import { flatten, totalSize } from "../engine/step-vector.ts";
import { rowsOfBatch } from "../step/micro-batch.ts";
import type { Task } from "../task.ts";
import { allVariables } from "../task-variables.ts";
import { broadcastBatch, type Command, describeBatch } from "./commands.ts";

/**
 * Returns passes that replicas compute: this thread, their rank 0, sends them rows and receives the sums of their results.
 *
 * Rows are sent in rounds of one micro-batch per replica, so a replica holds a round, not the batch.
 */
export function replicaPasses(task: Task, communicator: Communicator): Passes {
  const variables = allVariables(task);
  const replicas = communicator.size - 1;
  const weights = new Float32Array(totalSize(variables));
  let isWithinPass = false;
  return {
    async measure() {
      await sendCommand(communicator, { kind: "measure" });
      const sums = new Float32Array(2);
      await communicator.allreduce(sums);
      return { fixed: sums[0]! / replicas, perRow: sums[1]! / replicas };
    },
    async sync() {
      await sendCommand(communicator, { kind: "weights" });
      await communicator.broadcast(await flatten(variables, weights), 0);
    },
    async run(kind, part, microBatchSize, step, vector) {
      const { batch } = part;
      isWithinPass = true;
      await sendCommand(communicator, { kind, microBatchSize, step, batch: describeBatch(part) });
      const rows = batch.labels.length;
      const round = microBatchSize * replicas;
      for (let start = 0; start < rows; start += round) {
        await broadcastBatch(communicator, rowsOfBatch(batch, start, Math.min(rows, start + round)));
      }
      await communicator.allreduce(vector.fill(0)); // this thread computes nothing itself
      isWithinPass = false;
    },
    async close() {
      if (!isWithinPass) await sendCommand(communicator, { kind: "end" });
    },
  };
}

/** Sends the task's description to the replicas; resolves when all have created it. */
export async function beginReplicas(task: Task, communicator: Communicator): Promise<void> {
  const shapes = allVariables(task).map(({ shape }) => shape);
  await sendCommand(communicator, { kind: "begin", work: { settings: task.settings, shapes } });
  await communicator.barrier();
}

async function sendCommand(communicator: Communicator, command: Command): Promise<void> {
  await broadcastJson(communicator, command);
}
