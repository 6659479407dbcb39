import * as tf from "@tensorflow/tfjs-core";
import { BatchLogCollector, type BatchLogs } from "./batch-logs.ts";
import type { Batch } from "./data-source.ts";
import { disposeMicroBatch, microBatchRanges, toMicroBatch } from "./micro-batch.ts";
import type { Objective, Outcome, Prepared } from "./objective.ts";

/** A batch's mean gradients by variable name, owned by the caller, and its logs. */
export interface BatchGradients {
  readonly gradients: tf.NamedTensorMap;
  readonly logs: BatchLogs;
}

/**
 * The gradient of a batch's mean loss, as the sum over its micro-batches: memory is that of one micro-batch.
 *
 * Each micro-batch's mean loss is weighted by its share of the rows, so the result does not depend on the cut beyond
 * float32 rounding.
 *
 * @param microBatchSize - Rows on the tape at once, ≥ 1.
 */
export async function accumulateGradients(
  objective: Objective,
  batch: Batch,
  microBatchSize: number,
): Promise<BatchGradients> {
  const rows = batch.labels.length;
  const collector = new BatchLogCollector();
  let sum: tf.NamedTensorMap | undefined;
  for (const [start, end] of microBatchRanges(rows, microBatchSize)) {
    const weight = (end - start) / rows;
    const micro = toMicroBatch(batch, start, end);
    const prepared = await objective.prepare(micro, true);
    const { gradients, outcome } = gradientsOf(objective, prepared, micro.sampleKeys, weight);
    collector.add(outcome, micro.labels, weight);
    tf.dispose([outcome.loss, outcome.logits, ...Object.values(outcome.parts)]);
    disposePrepared(prepared, micro.images);
    disposeMicroBatch(micro);
    sum = sum === undefined ? gradients : addInto(sum, gradients);
  }
  return { gradients: sum ?? {}, logs: await collector.read() };
}

/** Frees a prepared micro-batch; its `inputs` may be the micro-batch's own images. */
export function disposePrepared(prepared: Prepared, images: tf.Tensor): void {
  if (prepared.inputs !== images) prepared.inputs.dispose();
  tf.dispose([prepared.targets]);
  prepared.teacherLogits?.dispose();
}

function gradientsOf(
  objective: Objective,
  prepared: Prepared,
  sampleKeys: Uint32Array,
  weight: number,
): { gradients: tf.NamedTensorMap; outcome: Outcome } {
  let outcome: Outcome | undefined;
  const { value, grads } = tf.variableGrads(() => {
    outcome = objective.train(prepared, sampleKeys);
    // variableGrads frees whatever its function made, unless it is kept.
    for (const tensor of [outcome.loss, outcome.logits, ...Object.values(outcome.parts)]) tf.keep(tensor);
    return tf.mul(outcome.loss, weight) as tf.Scalar;
  }, [...objective.variables]);
  value.dispose();
  return { gradients: grads, outcome: outcome! };
}

function addInto(sum: tf.NamedTensorMap, more: tf.NamedTensorMap): tf.NamedTensorMap {
  const total: tf.NamedTensorMap = {};
  for (const [name, tensor] of Object.entries(sum)) {
    total[name] = tf.add(tensor, more[name]!);
    tf.dispose([tensor, more[name]!]);
  }
  return total;
}
