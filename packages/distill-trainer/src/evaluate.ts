import * as tf from "@tensorflow/tfjs-core";
import { COUNT, optional, requireOptions } from "known-options";
import { type BatchLogs, EpochLogs } from "./batch-logs.ts";
import { checkedBatches, requireSource } from "./checks/checked-batches.ts";
import { addToMessage } from "./checks/explain.ts";
import { requireFiniteLoss } from "./checks/finite-tensors.ts";
import type { DataSource } from "./data-source.ts";
import type { Engine } from "./engine/engine.ts";
import { localEngine } from "./engine/local-engine.ts";
import type { Objective } from "./objective.ts";

/** Options of `evaluateDataset`. */
export interface EvaluateDatasetOptions {
  /** Rows in one forward pass. Default 16. */
  readonly microBatchSize?: number;
}

/** A trainer's `evaluateDataset`. */
export function evaluateDataset(
  objective: Objective,
  source: DataSource,
  options: EvaluateDatasetOptions,
): Promise<BatchLogs> {
  requireOptions("evaluateDataset", options, { microBatchSize: optional(COUNT) });
  const { microBatchSize = 16 } = options;
  return evaluate(objective, localEngine(objective), source, { microBatchSize, caller: "evaluateDataset" });
}

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  /** Rows in one forward pass. */
  readonly microBatchSize: number;
  /** Whom an error names: `"evaluateDataset"`. */
  readonly caller: string;
  /** Put before each log's name. Default none. */
  readonly prefix?: string;
  /** Ends the pass with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * One pass over `source` (its epoch 0) without training. What is checked of it: see `checkedBatches`.
 *
 * @returns Losses as unweighted means of batch means, as Keras; `accuracy` over samples.
 * @throws RangeError or TypeError for a source or batch that is not one. Error if a loss is not finite: it names the batch
 * and, where there is one, the variable.
 */
export async function evaluate(
  objective: Objective,
  engine: Engine,
  source: DataSource,
  options: EvaluateOptions,
): Promise<BatchLogs> {
  const { caller, microBatchSize } = options;
  const { classes } = objective;
  requireSource(caller, source);
  const total = new EpochLogs();
  await engine.sync();
  let index = 0;
  for await (const batch of checkedBatches({ source, classes, epoch: 0, place: caller })) {
    index += 1;
    try {
      const logs = await engine.evaluate(batch, microBatchSize);
      await requireFiniteLoss(caller, logs, objective.model);
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
