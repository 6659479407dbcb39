import * as tf from "@tensorflow/tfjs-core";
import { stepRecorder } from "kernel-contract";

/**
 * The keys of a batch, one uint32 per row: numbers on the host, or an int32 tensor `[batch]` of their bits, from which masks are drawn
 * on the GPU. A step that is recorded to run again takes them as a tensor.
 */
export type SampleKeys = ArrayLike<number> | tf.Tensor1D;

/** Whether keys are a tensor. */
export function isTensor(keys: unknown): keys is tf.Tensor1D {
  return keys instanceof tf.Tensor;
}

/** Number of keys. */
export function countOf(keys: SampleKeys): number {
  return isTensor(keys) ? keys.size : keys.length;
}

/** @throws TypeError if a step is being recorded, where masks from keys on the host would be those of one batch. */
export function requireNotRecorded(caller: string): void {
  if (stepRecorder() === undefined) return;
  throw new TypeError(
    `${caller}: a recorded step draws from sampleKeys that are an int32 tensor, an input of the step; these are numbers of the host`,
  );
}
