import * as tf from "@tensorflow/tfjs-core";
import { ANY, type Checks, COUNT, FINITE, requireOptions, UINT32 } from "known-options";
import { uniform } from "sample-keys";
import { drawOnGpu } from "./draw-on-gpu.ts";
import { isTensor, requireNotRecorded, type SampleKeys } from "./keys.ts";

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
  if (isTensor(sampleKeys)) return drawOnGpu(caller, sampleKeys, all);
  requireNotRecorded(caller);
  const batch = sampleKeys.length;
  const mask = new Float32Array(batch * size);
  for (let i = 0; i < mask.length; i++) {
    if (keeps(uniform(sampleKeys[Math.floor(i / size)]!, site, i % size))) mask[i] = factor;
  }
  return tf.tensor2d(mask, [batch, size]);
}
