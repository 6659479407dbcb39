import * as tf from "@tensorflow/tfjs-core";
import { ABORT_SIGNAL, COUNT, optional, requireOptions } from "known-options";
import { checkedBatches, requireSource } from "../checks/checked-batches.ts";
import { addToMessage } from "../checks/explain.ts";
import { requireFiniteLoss } from "../checks/finite-tensors.ts";
import { requireTask } from "../checks/require-task.ts";
import type { DataSource } from "../data/data-source.ts";
import type { Engine } from "../replicas/engine.ts";
import { localEngine } from "../replicas/local-engine.ts";
import { EpochLogs } from "../step/batch-logs.ts";
import type { BatchLogs, Task } from "../task.ts";

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  /** Rows in one forward pass. Default 16. */
  readonly microBatchSize?: number;
  /** Ends the pass with the signal's reason. */
  readonly signal?: AbortSignal;
}

/**
 * One pass over `source` (its epoch 0) without training.
 *
 * @returns `loss`, the task's parts and `accuracy`. Losses are unweighted means of batch means, as Keras has them; accuracy is a
 * mean over samples.
 * @throws RangeError or TypeError for a source or batch that is not one. Error if a loss is not finite: it names the batch
 * and, where there is one, the variable.
 *
 * @example
 * const { accuracy } = await evaluate(task, validation);
 */
export function evaluate(task: Task, source: DataSource, options: EvaluateOptions = {}): Promise<BatchLogs> {
  requireOptions("evaluate", options, { microBatchSize: optional(COUNT), signal: optional(ABORT_SIGNAL) });
  requireTask("evaluate", task);
  const { microBatchSize = 16, signal } = options;
  return evaluateWith(task, localEngine(task), source, { microBatchSize, signal, caller: "evaluate" });
}

interface Pass {
  readonly microBatchSize: number;
  /** Function that an error names. */
  readonly caller: string;
  /** Prefix of each log's name. Default none. */
  readonly prefix?: string;
  readonly signal?: AbortSignal | undefined;
}

/** {@link evaluate} on an engine that runs already. */
export async function evaluateWith(
  task: Task,
  engine: Engine,
  source: DataSource,
  options: Pass,
): Promise<BatchLogs> {
  const { caller, microBatchSize } = options;
  const { classes } = task;
  requireSource(caller, source);
  const total = new EpochLogs();
  await engine.sync();
  let index = 0;
  for await (const batch of checkedBatches({ source, classes, epoch: 0, place: caller })) {
    index += 1;
    try {
      const logs = await engine.evaluate(batch, microBatchSize);
      await requireFiniteLoss(caller, logs, task.model);
      total.add(logs, batch.labels.length);
    } catch (error) {
      addToMessage(error, `; batch ${index}`);
      throw error;
    }
    options.signal?.throwIfAborted();
    await tf.nextFrame();
  }
  return total.means(options.prefix);
}
