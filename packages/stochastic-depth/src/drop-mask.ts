import * as tf from "@tensorflow/tfjs-core";
import { uniform } from "sample-keys";
import { drawOnGpu } from "./draw-on-gpu.ts";
import { countOf, isTensor, requireNotRecorded, type SampleKeys } from "./keys.ts";

/** The samples that one call of stochastic depth drops, and its factor for the others. */
export interface DropOptions {
  /** Probability of dropping a sample's branch, in [0, 1]. */
  readonly dropProb: number;
  /** One uint32 key per row of the batch. */
  readonly sampleKeys?: SampleKeys | undefined;
  /** Site of the decision. */
  readonly site: number;
}

/** {@link dropMask} as a tensor `[batch]`; of keys that are a tensor it is drawn on the GPU. */
export function dropMaskTensor(caller: string, shape: readonly number[], options: DropOptions): tf.Tensor1D {
  const { dropProb, sampleKeys, site } = options;
  if (!isTensor(sampleKeys)) return tf.tensor1d(dropMask(caller, shape, options));
  requireKeys(caller, shape, sampleKeys);
  const keep = 1 - dropProb;
  if (keep === 0) return tf.zeros([sampleKeys.size]);
  return tf.tidy(() => {
    const keeps = (drawn: number): boolean => Math.floor(keep + drawn) === 1;
    return tf.reshape(drawOnGpu(caller, sampleKeys, { site, size: 1, factor: 1 / keep, keeps }), [
      sampleKeys.size,
    ]);
  });
}

/**
 * Returns the factor of each sample's branch, `floor(keep + u) / keep`: 0 or `1 / keep`.
 *
 * @throws TypeError if keys are missing, RangeError if there is not one per row; errors name `caller`.
 */
export function dropMask(caller: string, shape: readonly number[], options: DropOptions): Float32Array {
  const { dropProb, sampleKeys, site } = options;
  const batch = requireKeys(caller, shape, sampleKeys);
  if (sampleKeys === undefined || isTensor(sampleKeys)) {
    throw new TypeError(`${caller}: expected sampleKeys on the host, got a tensor`);
  }
  requireNotRecorded(caller);
  const keep = 1 - dropProb;
  if (keep === 0) return new Float32Array(batch); // 0 / keep is not a number
  const mask = new Float32Array(batch); // `from` with a function is ten times as slow
  for (let i = 0; i < batch; i++) mask[i] = Math.floor(keep + uniform(sampleKeys[i]!, site)) / keep;
  return mask;
}

function requireKeys(caller: string, shape: readonly number[], keys: SampleKeys | undefined): number {
  const batch = shape[0] ?? 1;
  if (keys === undefined) {
    throw new TypeError(`${caller}: training needs sampleKeys, one per row of the batch, got none`);
  }
  if (countOf(keys) !== batch) {
    throw new RangeError(`${caller}: expected ${batch} sampleKeys for [${shape}], got ${countOf(keys)}`);
  }
  return batch;
}

/** Returns the rows that a mask keeps, ascending. */
export function keptRows(mask: ArrayLike<number>): number[] {
  return Array.from(mask, (factor, row) => (factor === 0 ? -1 : row)).filter((row) => row >= 0);
}
