import * as tf from "@tensorflow/tfjs-core";
import { disposePrepared } from "./accumulate.ts";
import { BatchLogCollector, type BatchLogs, EpochLogs } from "./batch-logs.ts";
import type { DataSource } from "./data-source.ts";
import { disposeMicroBatch, microBatchRanges, toMicroBatch } from "./micro-batch.ts";
import type { Objective } from "./objective.ts";

/** Options of {@link evaluate}. */
export interface EvaluateOptions {
  /** Rows in one forward pass. */
  readonly microBatchSize: number;
  /** Put before each log's name. Default none. */
  readonly prefix?: string;
  /** Ends the pass with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * One pass over `source` (its epoch 0) without training.
 *
 * @returns Losses as unweighted means of batch means, as Keras; `accuracy` over samples.
 * @throws RangeError if the source gives no batch.
 */
export async function evaluate(
  objective: Objective,
  source: DataSource,
  options: EvaluateOptions,
): Promise<BatchLogs> {
  const total = new EpochLogs();
  for await (const batch of source.batches(0)) {
    const rows = batch.labels.length;
    const collector = new BatchLogCollector();
    for (const [start, end] of microBatchRanges(rows, options.microBatchSize)) {
      const micro = toMicroBatch(batch, start, end);
      const prepared = await objective.prepare(micro, false);
      const outcome = objective.evaluate(prepared);
      collector.add(outcome, micro.labels, (end - start) / rows);
      tf.dispose([outcome.loss, outcome.logits, ...Object.values(outcome.parts)]);
      disposePrepared(prepared, micro.images);
      disposeMicroBatch(micro);
    }
    total.add(await collector.read(), rows);
    options.signal?.throwIfAborted();
    await tf.nextFrame();
  }
  if (total.samples === 0)
    throw new RangeError("evaluateDataset: the data must hold at least one batch, got none");
  return total.means(options.prefix);
}
