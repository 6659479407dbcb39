import * as tf from "@tensorflow/tfjs-core";
import { hasKernel } from "kernel-contract";
import { largestDifferenceOfForms, normalNoise, withoutKernels } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { weightStandardize } from "./weight-standardize.ts";

/** float32 statistics of up to 100 numbers. */
const TOLERANCE = 5e-5;

/** The formula in tfjs' differentiable ops. */
function plain(w: tf.Tensor): tf.Tensor {
  const { mean, variance } = tf.moments(w, [0, 1, 2], true);
  return tf.div(tf.sub(w, mean), tf.sqrt(tf.add(variance, 1e-10)));
}

describe.each(BACKENDS)("weightStandardize on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test("puts every output channel at mean 0 and biased deviation 1", () => {
    const y = weightStandardize(tf.tensor4d([1, 40, 3, 20], [1, 1, 2, 2])).dataSync();
    expect([...y].map(Math.round)).toEqual([-1, 1, 1, -1]);
  });

  test("has epsilon inside the square root, and of equal numbers is 0", () => {
    expect(weightStandardize(tf.tensor2d([[1], [3]]), 3).dataSync()[1]).toBeCloseTo(0.5, 6); // 1 / sqrt(1 + 3)
    expect([...weightStandardize(tf.fill([2, 1], 7)).dataSync()]).toEqual([0, 0]);
  });

  test("is the formula, with its gradient", () => {
    const w = normalNoise([3, 3, 5, 7], 1);
    expect(
      largestDifferenceOfForms(
        (v) => weightStandardize(v!),
        (v) => plain(v!),
        [w],
      ),
    ).toBeLessThan(TOLERANCE);
  });

  test("refuses a vector and an epsilon of 0, and leaves one tensor", () => {
    expect(() => weightStandardize(tf.ones([3]))).toThrow("w must be [..., in, out], got [3]");
    const w = tf.ones([2, 3]);
    expect(() => weightStandardize(w, 0)).toThrow("weightStandardize: epsilon must be > 0, got 0");
    const before = tf.memory().numTensors;
    weightStandardize(w);
    expect(tf.memory().numTensors - before).toBe(1);
  });

  test("trains a convolution with groups normalized after it", () => {
    const x = normalNoise([1, 6, 6, 3], 1) as tf.Tensor4D;
    const loss = (w: tf.Tensor) =>
      tf.sum(tf.square(tf.conv2d(x, weightStandardize(w) as tf.Tensor4D, 2, "same")));
    const dw = tf.grad(loss)(normalNoise([3, 3, 3, 4], 2));
    // Standardized weights do not change when a channel is scaled: the slope along the weights is 0.
    const along = tf.sum(tf.mul(dw, normalNoise([3, 3, 3, 4], 2))).dataSync()[0]!;
    expect(Math.abs(along)).toBeLessThan(1e-3);
    expect(tf.max(tf.abs(dw)).dataSync()[0]).toBeGreaterThan(0.1);
  });
});

test("weightStandardize is the same with kernels and without", async () => {
  await startBackend("wasm");
  const kernels = ["WeightStandardize", "WeightStandardizeGrad"] as const;
  expect(hasKernel(...kernels)).toBe(true);
  const w = normalNoise([3, 3, 5, 7], 1);
  const all = () => [
    weightStandardize(w),
    tf.grad((v: tf.Tensor) => weightStandardize(v))(w, normalNoise(w.shape, 2)),
  ];
  const fused = all();
  withoutKernels(kernels, all).forEach((expected, i) => {
    expect(tf.max(tf.abs(tf.sub(expected, fused[i]!))).dataSync()[0]).toBeLessThan(TOLERANCE);
  });
});
