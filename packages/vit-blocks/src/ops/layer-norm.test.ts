import * as tf from "@tensorflow/tfjs-core";
import { errorOverLargestOrOne, finiteDifferences, normalNoise } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { layerNorm } from "./layer-norm.ts";

const DIFFERENCES = 5e-3; // central differences of float32 values, step 1e-2

describe.each(BACKENDS)("layerNorm on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test("puts the mean at 0 and the biased deviation at 1, then scales and shifts", () => {
    const y = layerNorm(tf.tensor2d([[1, 3]]), tf.tensor1d([2, 10]), tf.tensor1d([0.5, 0])).dataSync();
    expect(y[0]).toBeCloseTo(-1.5, 5);
    expect(y[1]).toBeCloseTo(10, 4);
  });

  test("has epsilon inside the square root", () => {
    const y = layerNorm(tf.tensor2d([[1, 3]]), tf.ones([2]), tf.zeros([2]), 3).dataSync(); // 1 / sqrt(1 + 3)
    expect(y[1]).toBeCloseTo(0.5, 6);
  });

  test("of equal numbers is beta, with a finite gradient", () => {
    const x = tf.fill([1, 4], 7);
    const f = (v: tf.Tensor) => layerNorm(v, tf.ones([4]), tf.fill([4], 0.25));
    expect([...f(x).dataSync()]).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(
      tf
        .grad(f)(x, tf.tensor2d([[1, 2, 3, 4]]))
        .dataSync()
        .every(Number.isFinite),
    ).toBe(true);
  });

  test.each([[[2, 5]], [[2, 3, 4]], [[6]]])(
    "has the gradients of central differences for shape %j",
    (shape) => {
      const dim = shape.at(-1)!;
      const inputs = [normalNoise(shape, 1), normalNoise([dim], 2), normalNoise([dim], 3)];
      const weight = normalNoise(shape, 4);
      const f = (...[x, gamma, beta]: tf.Tensor[]) => layerNorm(x!, gamma!, beta!);
      const gradients = tf.grads(f)(inputs, weight);
      for (const [i, expected] of finiteDifferences(f, inputs, weight, 3e-3).entries()) {
        expect(errorOverLargestOrOne(gradients[i]!, expected)).toBeLessThan(DIFFERENCES);
      }
    },
  );

  test("refuses a gain of another size and an epsilon of 0", () => {
    const x = tf.ones([2, 3]);
    expect(() => layerNorm(x, tf.ones([2]), tf.zeros([3]))).toThrow(
      "layerNorm: gamma must be [3] for x [2,3], got [2]",
    );
    expect(() => layerNorm(x, tf.ones([3]), tf.zeros([3]), 0)).toThrow(
      "layerNorm: epsilon must be > 0, got 0",
    );
  });

  test("allocates one tensor forward and leaves none but the gradients behind", () => {
    const inputs = [normalNoise([2, 3], 1), tf.ones([3]), tf.zeros([3])];
    const f = (...[x, gamma, beta]: tf.Tensor[]) => layerNorm(x!, gamma!, beta!);
    const before = tf.memory().numTensors;
    f(...inputs).dispose();
    expect(tf.memory().numTensors).toBe(before);
    tf.dispose(tf.grads(f)(inputs, tf.ones([2, 3])));
    expect(tf.memory().numTensors - before).toBe(1); // the dy made in the line above
  });
});
