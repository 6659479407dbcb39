import * as tf from "@tensorflow/tfjs-core";
import { errorOverLargestOrOne, finiteDifferences, normalNoise } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { scaledSoftmax } from "./scaled-softmax.ts";

const DIFFERENCES = 5e-3; // central differences of float32 values, step 1e-2

describe.each(BACKENDS)("scaledSoftmax on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test("of 0 and ln 9 at scale ½ is ¼ and ¾", () => {
    const y = scaledSoftmax(tf.tensor2d([[0, Math.log(9)]]), 0.5).dataSync();
    expect(y[0]).toBeCloseTo(0.25, 6);
    expect(y[1]).toBeCloseTo(0.75, 6);
  });

  test.each([1, -2])("has the gradient of central differences at scale %d", (scale) => {
    const x = normalNoise([3, 5], 1);
    const weight = normalNoise([3, 5], 2);
    const f = (v: tf.Tensor) => scaledSoftmax(v, scale);
    const [expected] = finiteDifferences(f, [x], weight);
    expect(errorOverLargestOrOne(tf.grad(f)(x, weight), expected!)).toBeLessThan(DIFFERENCES);
  });

  test("stays finite for a thousand and is 1 alone", () => {
    expect([...scaledSoftmax(tf.tensor1d([1000, 1000]), 3).dataSync()]).toEqual([0.5, 0.5]);
    expect([...scaledSoftmax(tf.tensor1d([-7])).dataSync()]).toEqual([1]);
  });

  test("refuses a scalar and leaves one tensor", () => {
    expect(() => scaledSoftmax(tf.scalar(1))).toThrow("scaledSoftmax: x must be [..., dim], got []");
    const x = tf.ones([2, 3]);
    const before = tf.memory().numTensors;
    scaledSoftmax(x, 2);
    expect(tf.memory().numTensors - before).toBe(1);
  });
});
