import * as tf from "@tensorflow/tfjs-core";
import { hasKernel, runKernel, stepRecorder } from "kernel-contract";
import { ANY, type Checks, COUNT, FINITE, requireOptions, UINT32 } from "known-options";
import { uniform } from "sample-keys";

/**
 * The keys of a batch, one uint32 per row: numbers on the host, or an int32 tensor `[batch]` of their bits, from which masks are drawn
 * on the GPU. A step that is recorded to run again takes them as a tensor.
 */
export type SampleKeys = ArrayLike<number> | tf.Tensor1D;

/** Options of {@link keyedMask}. */
export interface KeyedMaskOptions {
  readonly sampleKeys: SampleKeys;
  /** Site of the decision. */
  readonly site: number;
  /** Elements of a sample. Default 1. */
  readonly size?: number;
  /** Value of an element that is kept. */
  readonly factor: number;
  /** Whether an element is kept, given its `uniform`; it is for all numbers above one that is. */
  readonly keeps: (drawn: number) => boolean;
}

const CHECKS: Checks<Required<KeyedMaskOptions>> = {
  sampleKeys: ANY,
  site: UINT32,
  size: COUNT,
  factor: FINITE,
  keeps: ANY,
};

/**
 * Draws a mask `[batch, size]`: `factor` where `keeps(uniform(key, site, element))`, otherwise 0. The bits are the same from keys on the
 * host and from a tensor, which needs the kernel `KeyedMask`.
 *
 * @returns A new tensor owned by the caller.
 * @throws TypeError for keys as a tensor where the backend has no kernel, and for keys on the host in a step that is being recorded.
 *
 * @example
 * const options = { sampleKeys: [7, 8], site: 1, factor: 2, keeps: (drawn: number) => drawn >= 0.5 };
 * console.log(keyedMask("mine", options).shape); // [2, 1]
 */
export function keyedMask(caller: string, options: KeyedMaskOptions): tf.Tensor2D {
  const all = requireOptions("keyedMask", { size: 1, ...options }, CHECKS);
  const { sampleKeys, site, size, factor, keeps } = all;
  if (isTensor(sampleKeys)) return drawnOnGpu(caller, sampleKeys, all);
  requireNotRecorded(caller);
  const batch = sampleKeys.length;
  const mask = new Float32Array(batch * size);
  for (let i = 0; i < mask.length; i++) {
    if (keeps(uniform(sampleKeys[Math.floor(i / size)]!, site, i % size))) mask[i] = factor;
  }
  return tf.tensor2d(mask, [batch, size]);
}

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

function drawnOnGpu(caller: string, keys: tf.Tensor1D, options: Required<KeyedMaskOptions>): tf.Tensor2D {
  const { site, size, factor, keeps } = options;
  if (keys.dtype !== "int32" || keys.rank !== 1) {
    throw new TypeError(`${caller}: sampleKeys must be int32 [batch], got ${keys.dtype} [${keys.shape}]`);
  }
  if (!hasKernel("KeyedMask")) {
    throw new TypeError(
      `${caller}: sampleKeys that are a tensor need the kernel KeyedMask of webgpu-kernels`,
    );
  }
  const threshold = firstKept(keeps);
  if (threshold === 2 ** 32) return tf.zeros([keys.size, size]);
  return runKernel("KeyedMask", [keys], { site, size, factor, threshold })[0] as tf.Tensor2D;
}

/** The smallest word of Philox whose `uniform` is kept; 2³² if none is. */
function firstKept(keeps: (drawn: number) => boolean): number {
  let [low, high] = [0, 2 ** 32];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (keeps(middle / 2 ** 32)) high = middle;
    else low = middle + 1;
  }
  return low;
}
