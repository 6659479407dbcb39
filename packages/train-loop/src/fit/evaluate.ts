import { ABORT_SIGNAL, COUNT, optional, requireOptions } from "known-options";
import { requireSource } from "../checks/checked-batches.ts";
import { addToMessage } from "../checks/explain.ts";
import { requireFiniteLoss } from "../checks/finite-tensors.ts";
import { requireTask } from "../checks/require-task.ts";
import type { DataSource } from "../data/data-source.ts";
import { nextTask } from "../next-task.ts";
import { rankBatches } from "../ranks/rank-batches.ts";
import { EpochLogs } from "../step/batch-logs.ts";
import type { BatchLogs, Task } from "../task.ts";
import { COMMUNICATOR } from "./communicator-check.ts";
import { type ReplicaOptions, type RunningEngine, startEngine } from "./start-engine.ts";

/** Options of {@link evaluate}. */
export interface EvaluateOptions extends Pick<ReplicaOptions, "communicator"> {
  /** Rows per forward pass. Default 16. */
  readonly microBatchSize?: number;
  /** Signal that aborts the evaluation with its reason. */
  readonly signal?: AbortSignal;
}

/**
 * Evaluates a task on epoch 0 of `source`, without training.
 *
 * @returns `loss`, the task's parts and `accuracy`. Losses are unweighted means of batch means, as in Keras; accuracy is the
 * mean over samples.
 * @throws TypeError or RangeError for an invalid argument or batch. Error if a loss is not finite, naming the batch and, if
 * there is one, the variable.
 *
 * @example
 * const { accuracy } = await evaluate(task, validation);
 */
export async function evaluate(
  task: Task,
  source: DataSource,
  options: EvaluateOptions = {},
): Promise<BatchLogs> {
  requireOptions("evaluate", options, {
    microBatchSize: optional(COUNT),
    signal: optional(ABORT_SIGNAL),
    communicator: optional(COMMUNICATOR),
  });
  requireTask("evaluate", task);
  const { microBatchSize = 16, signal, communicator } = options;
  const running = await startEngine("evaluate", task, communicator ? { communicator } : {}, signal);
  try {
    return await evaluateWith(task, running, source, { microBatchSize, caller: "evaluate" });
  } finally {
    await running.engine.close();
  }
}

interface Pass {
  readonly microBatchSize: number;
  /** Function that error messages name. */
  readonly caller: string;
  /** Prefix of the logs' names. Default none. */
  readonly prefix?: string;
}

/** Evaluates as {@link evaluate}, on a running engine. */
export async function evaluateWith(
  task: Task,
  { engine, ranks }: Omit<RunningEngine, "replicas">,
  source: DataSource,
  options: Pass,
): Promise<BatchLogs> {
  const { caller, microBatchSize } = options;
  const { classes, multiLabel = false } = task;
  requireSource(caller, source);
  const total = new EpochLogs();
  await engine.sync();
  let index = 0;
  const checked = { source, classes, epoch: 0, place: caller, multiLabel };
  for await (const { part, counts } of rankBatches(checked, ranks)) {
    index += 1;
    try {
      const logs = await engine.evaluate(part, microBatchSize);
      await requireFiniteLoss(caller, logs, task);
      total.add(logs, counts);
    } catch (error) {
      addToMessage(error, `; batch ${index}`);
      throw error;
    }
    ranks.signal?.throwIfAborted();
    await nextTask();
  }
  return total.means(options.prefix);
}
