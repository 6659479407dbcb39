import * as tf from "@tensorflow/tfjs-core";
import { type BatchLogs, EpochLogs } from "./batch-logs.ts";
import type { DataSource } from "./data-source.ts";
import type { Engine } from "./engine/engine.ts";

/** Rows in one forward pass, where the caller does not say. */
export const DEFAULT_EVALUATION_ROWS = 16;

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
  engine: Engine,
  source: DataSource,
  options: EvaluateOptions,
): Promise<BatchLogs> {
  const total = new EpochLogs();
  await engine.sync();
  for await (const batch of source.batches(0)) {
    total.add(await engine.evaluate(batch, options.microBatchSize), batch.labels.length);
    options.signal?.throwIfAborted();
    await tf.nextFrame();
  }
  if (total.samples === 0)
    throw new RangeError("evaluateDataset: the data must hold at least one batch, got none");
  return total.means(options.prefix);
}
