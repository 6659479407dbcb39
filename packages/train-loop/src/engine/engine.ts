import type * as tf from "@tensorflow/tfjs-core";
import type { BatchPart } from "../step/batch-part.ts";
import type { BatchGradients } from "../step/batch-sum.ts";
import type { MemoryUse } from "../step/memory-use.ts";
import type { StepOptions } from "../step/take-step.ts";
import type { BatchLogs } from "../task.ts";

/** Computation of batches, each from this rank's part of it, in parts of at most `microBatchSize` rows. */
export interface Engine {
  /** Measures the memory of a training pass. */
  measure(): Promise<MemoryUse>;
  /** Updates the replicas' weights to the model's. */
  sync(): Promise<void>;
  /** Computes the gradient of the whole batch's mean loss, for the step with this index. */
  gradients(part: BatchPart, microBatchSize: number, step: number): Promise<BatchGradients>;
  /** Takes the optimizer's step with the gradients of {@link Engine.gradients}, which it frees. */
  update(step: StepOptions, gradients: tf.NamedTensorMap): Promise<void>;
  /** Frees gradients that no step is taken with. */
  discard(gradients: tf.NamedTensorMap): void;
  /** Computes the whole batch's logs without training. */
  evaluate(part: BatchPart, microBatchSize: number): Promise<BatchLogs>;
  /** Frees what the engine holds, and ends the replicas, unless the last pass failed, within which they still are. */
  close(): Promise<void>;
}
