import * as tf from "@tensorflow/tfjs-core";
import { hasKernel, runKernel } from "kernel-contract";

/** A mask to draw from keys that are a tensor. */
export interface DrawnMask {
  readonly site: number;
  readonly size: number;
  readonly factor: number;
  readonly keeps: (drawn: number) => boolean;
}

/**
 * Draws a mask `[batch, size]` on the GPU, from keys that are there.
 *
 * @throws TypeError for keys of another type, and without the kernel.
 */
export function drawOnGpu(caller: string, keys: tf.Tensor1D, options: DrawnMask): tf.Tensor2D {
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
