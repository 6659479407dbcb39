import type * as tf from "@tensorflow/tfjs-core";
import type { BatchLogs } from "../batch-logs.ts";
import type { Batch } from "../data-source.ts";
import type { MemoryUse } from "../memory-use.ts";

/** A batch's mean gradients by variable name, owned by the caller, and its logs. */
export interface BatchGradients {
  readonly gradients: tf.NamedTensorMap;
  /** Of each gradient, in their order. */
  readonly squaredNorms: Float32Array;
  readonly logs: BatchLogs;
}

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
