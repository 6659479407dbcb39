import * as tf from "@tensorflow/tfjs-core";

/** Uniform float32 numbers in [-1, 1), the same for equal seeds. */
export function noise(length: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) / 2 ** 23 - 1;
  });
}

/** {@link noise} in [0, 1): its sums grow with every term. */
export function positiveNoise(length: number, seed: number): Float32Array {
  return noise(length, seed).map((x) => (x + 1) / 2);
}

/** Normally distributed numbers of mean 0 and deviation 1 on the current backend, the same for equal seeds. */
export function normalNoise(shape: number[], seed: number): tf.Tensor {
  return tf.randomNormal(shape, 0, 1, "float32", seed);
}
