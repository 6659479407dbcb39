import * as tf from "@tensorflow/tfjs-core";

/** For tests: numbers around 0 of deviation 1, the same for equal seeds. */
export function noise(shape: number[], seed: number): tf.Tensor {
  return tf.randomNormal(shape, 0, 1, "float32", seed);
}

/** For tests: the largest difference between two forms of an op, of values and of gradients. */
export function largestDifference(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  g: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
): number {
  const all = (form: typeof f) => {
    const y = form(...inputs);
    return [y, ...tf.grads(form)(inputs, noise(y.shape, 99))];
  };
  const expected = all(g);
  const errors = all(f).map((x, i) => tf.max(tf.abs(tf.sub(x, expected[i]!))).dataSync()[0]!);
  return errors.some(Number.isNaN) ? Number.NaN : Math.max(...errors);
}

/** For tests: runs `compute` with these kernels taken out of the registry of `wasm`. */
export function withoutKernels<T>(names: readonly string[], compute: () => T): T {
  const kernels = names.map((name) => tf.getKernel(name, "wasm"));
  for (const name of names) tf.unregisterKernel(name, "wasm");
  try {
    return compute();
  } finally {
    for (const kernel of kernels) tf.registerKernel(kernel);
  }
}
