import * as tf from "@tensorflow/tfjs-core";

/** Product of the dimensions. */
export function sizeOf(shape: readonly number[]): number {
  return tf.util.sizeFromShape([...shape]);
}
