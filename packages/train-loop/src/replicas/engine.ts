import type { Batch } from "sample-keys";
import type { BatchGradients } from "../step/batch-sum.ts";
import type { MemoryUse } from "../step/memory-use.ts";
import type { BatchLogs } from "../task.ts";

/** What computes a batch: this thread alone, or replicas. A batch is cut into parts of at most `microBatchSize` rows. */
export interface Engine {
  /** What a training pass takes, measured. */
  measure(): Promise<MemoryUse>;
  /** Takes the model's weights as they are now for what follows. */
  sync(): Promise<void>;
  /** The gradient of a batch's mean loss. */
  gradients(batch: Batch, microBatchSize: number): Promise<BatchGradients>;
  /** A batch's logs without training. */
  evaluate(batch: Batch, microBatchSize: number): Promise<BatchLogs>;
  /** Lets other ranks go, unless the last pass failed: they are then somewhere within it. */
  close(): Promise<void>;
}
