import * as tf from "@tensorflow/tfjs-core";

/** Backends that every test runs on; `wasm` with the kernels of `wasm-kernels`, where they are installed. */
export const BACKENDS = ["cpu", "wasm"] as const;

/** Numbers around 0 of deviation 1, the same for equal seeds. */
export function noise(shape: number[], seed: number): tf.Tensor {
  return tf.randomNormal(shape, 0, 1, "float32", seed);
}

/** Largest difference, relative to the largest expected number (or to 1, if that is smaller). */
export function relativeError(actual: tf.Tensor, expected: tf.Tensor): number {
  if (actual.shape.join() !== expected.shape.join()) {
    throw new RangeError(`relativeError: expected shape [${expected.shape}], got [${actual.shape}]`);
  }
  const a = actual.dataSync();
  const b = expected.dataSync();
  let error = 0;
  let size = 1;
  for (let i = 0; i < b.length; i++) {
    const difference = Math.abs(a[i]! - b[i]!);
    if (!(difference <= error)) error = difference; // NaN is an error too
    size = Math.max(size, Math.abs(b[i]!));
  }
  return error / size;
}

/** Gradients of `sum(f(inputs) · weight)` by central differences, one number at a time. */
export function finiteDifferences(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
  weight: tf.Tensor,
  step = 1e-2,
): tf.Tensor[] {
  return inputs.map((input, which) => {
    const data = input.dataSync().slice();
    const at = (i: number, value: number): number =>
      tf.tidy(() => {
        const moved = data.slice();
        moved[i] = value;
        const all = inputs.map((other, j) => (j === which ? tf.tensor(moved, input.shape) : other));
        const y = f(...all).dataSync();
        const w = weight.dataSync();
        let sum = 0; // in float64: a float32 sum would drown the difference
        for (let j = 0; j < y.length; j++) sum += y[j]! * w[j]!;
        return sum;
      });
    const slopes = Array.from(data, (x, i) => (at(i, x + step) - at(i, x - step)) / (2 * step));
    return tf.tensor(slopes, input.shape);
  });
}
