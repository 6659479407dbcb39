// How much is computed at once, where the settings leave it open: it follows from the backend that runs.
import { availableParallelism } from "node:os";
import * as tf from "@tensorflow/tfjs-core";
import type { RunSettings } from "./settings.ts";

/** On one thread small micro-batches stay near the processor; a GPU, or TensorFlow's own threads, want more to do at once. */
const MICRO_BATCH = { alone: 4, many: 32 } as const;
/** More threads were not measured. */
const MOST_REPLICAS = 4;

/** Whether a backend computes on the calling thread alone. */
const isOneThread = (backend: string): boolean => ["wasm", "cpu"].includes(backend);

/** Images in memory at once. */
export function microBatchSizeOf(
  { microBatchSize }: Pick<RunSettings, "microBatchSize">,
  backend: string = tf.getBackend(),
): number {
  return microBatchSize ?? (isOneThread(backend) ? MICRO_BATCH.alone : MICRO_BATCH.many);
}

/** Threads that train a student together: the cores, where a backend takes but one of them. */
export function replicasOf(
  { replicas }: Pick<RunSettings, "replicas">,
  backend: string = tf.getBackend(),
): number {
  return replicas ?? (isOneThread(backend) ? Math.min(availableParallelism(), MOST_REPLICAS) : 1);
}
