import type { Batch } from "sample-keys";
import type { BatchGradients } from "../step/batch-sum.ts";
import type { MemoryUse } from "../step/memory-use.ts";
import type { BatchLogs } from "../task.ts";

/** Computation of batches, by this thread or by replicas, in parts of at most `microBatchSize` rows. */
export interface Engine {
  /** Measures the memory of a training pass. */
  measure(): Promise<MemoryUse>;
  /** Updates the replicas' weights to the model's. */
  sync(): Promise<void>;
  /** Computes the gradient of a batch's mean loss, for the step with this index. */
  gradients(batch: Batch, microBatchSize: number, step: number): Promise<BatchGradients>;
  /** Computes a batch's logs without training. */
  evaluate(batch: Batch, microBatchSize: number): Promise<BatchLogs>;
  /** Ends the other ranks, unless the last pass failed, within which they still are. */
  close(): Promise<void>;
}
