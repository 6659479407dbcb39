// Defaults of micro-batch and replicas, by backend.
import { availableParallelism } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import type { RunSettings } from "./settings.ts";

/** Small micro-batches stay in the cache of one thread; a GPU and TensorFlow's threads are faster with larger ones. */
const MICRO_BATCH = { alone: 4, many: 32 } as const;
/** Larger numbers were not measured. */
const MOST_REPLICAS = 4;

/** True for backends that compute on the calling thread alone. */
const isOneThread = (backend: string): boolean => ["wasm", "cpu"].includes(backend);

/** Images of a micro-batch. Default: 4 for backends of one thread, else 32. */
export function microBatchSizeOf(
  { microBatchSize }: Pick<RunSettings, "microBatchSize">,
  backend: string = tf.getBackend(),
): number {
  return microBatchSize ?? (isOneThread(backend) ? MICRO_BATCH.alone : MICRO_BATCH.many);
}

/**
 * Threads that train a student together. Default: one per core, at most four, for backends of one thread, else 1.
 *
 * @param cores - Cores for this process. Default: all that it may run on.
 */
export function replicasOf(
  { replicas }: Pick<RunSettings, "replicas">,
  backend: string = tf.getBackend(),
  cores: number = availableParallelism(),
): number {
  return replicas ?? (isOneThread(backend) ? Math.min(cores, MOST_REPLICAS) : 1);
}
