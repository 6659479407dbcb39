import * as tf from "@tensorflow/tfjs-core";
import { largestDifference } from "./errors.ts";
import { dot } from "./float64.ts";
import { normalNoise } from "./noise.ts";

/** Slopes of `f` at `x` by central differences, one number at a time. */
export function centralDifferences(f: (x: Float32Array) => number, x: Float32Array, step = 1e-2): number[] {
  return Array.from(x, (value, i) => {
    const moved = x.slice();
    moved[i] = value + step;
    const above = f(moved);
    moved[i] = value - step;
    return (above - f(moved)) / (2 * step);
  });
}

/** Gradients of `sum(f(inputs) · weight)` by central differences, summed in float64: a float32 sum would drown them. */
export function finiteDifferences(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
  weight: tf.Tensor,
  step = 1e-2,
): tf.Tensor[] {
  return inputs.map((input, which) => {
    const value = (moved: Float32Array): number =>
      tf.tidy(() => {
        const all = inputs.map((other, j) => (j === which ? tf.tensor(moved, input.shape) : other));
        return dot(f(...all).dataSync(), weight.dataSync());
      });
    return tf.tensor(centralDifferences(value, input.dataSync() as Float32Array, step), input.shape);
  });
}

/** Largest difference between two forms of an op: of their values, and of their gradients for one random `dy`. */
export function largestDifferenceOfForms(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  g: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
): number {
  const all = (form: typeof f) => {
    const y = form(...inputs);
    return [y, ...tf.grads(form)(inputs, normalNoise(y.shape, 99))];
  };
  const expected = all(g);
  return Math.max(...all(f).map((x, i) => largestDifference(x, expected[i]!)));
}
