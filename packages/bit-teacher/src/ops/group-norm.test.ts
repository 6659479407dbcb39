import * as tf from "@tensorflow/tfjs-core";
import { hasKernel } from "kernel-contract";
import { largestDifferenceOfForms, normalNoise, withoutKernels } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { groupNorm } from "./group-norm.ts";

/** float32 statistics of up to 100 numbers. */
const TOLERANCE = 5e-5;

/** The formula in tfjs' differentiable ops. */
function plain(groups: number) {
  return (...[x, gamma, beta]: tf.Tensor[]) => {
    const [batch = 0, height = 0, width = 0, channels = 0] = x!.shape;
    const split = tf.reshape(x!, [batch, height * width, groups, channels / groups]);
    const { mean, variance } = tf.moments(split, [1, 3], true);
    const normed = tf.div(tf.sub(split, mean), tf.sqrt(tf.add(variance, 1e-5)));
    return tf.add(tf.mul(tf.reshape(normed, x!.shape), gamma!), beta!);
  };
}

const op =
  (groups: number) =>
  (...[x, gamma, beta]: tf.Tensor[]) =>
    groupNorm(x!, gamma!, beta!, { groups });

describe.each(BACKENDS)("groupNorm on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test("puts each group of channels of each sample at mean 0 and deviation 1, then scales and shifts", () => {
    const x = tf.tensor3d([1, 10, 3, 30, 5, 5, 9, 7], [2, 2, 2]); // two samples, two places, two channels
    const y = groupNorm(x, tf.tensor1d([1, 2]), tf.tensor1d([0, 0.5]), { groups: 2 });
    const expected = [-1, -1.5, 1, 2.5, -1, -1.5, 1, 2.5];
    y.dataSync().forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 4);
    });
  });

  test.each([
    [1, 8],
    [4, 8],
    [8, 8],
    [3, 9],
  ])("in %d groups of %d channels is the formula, with its gradients", (groups, channels) => {
    const inputs = [
      normalNoise([2, 3, 5, channels], 1),
      normalNoise([channels], 2),
      normalNoise([channels], 3),
    ];
    expect(largestDifferenceOfForms(op(groups), plain(groups), inputs)).toBeLessThan(TOLERANCE);
  });

  test("of an empty batch gives nothing, and zeros as the gradients of gamma and beta", () => {
    const { value, grads } = tf.valueAndGrads(op(2))([tf.zeros([0, 2, 2, 4]), tf.ones([4]), tf.zeros([4])]);
    expect(value.shape).toEqual([0, 2, 2, 4]);
    expect(grads.map((gradient) => [...gradient.dataSync()])).toEqual([[], [0, 0, 0, 0], [0, 0, 0, 0]]);
  });

  test("refuses groups that do not divide, a gain of another size and an epsilon of 0", () => {
    const [x, six] = [tf.ones([1, 2, 6]), tf.ones([6])];
    expect(() => groupNorm(x, six, six, { groups: 4 })).toThrow(
      "groupNorm: x must be [batch, ..., channels] with channels in 4 groups, got [1,2,6]",
    );
    expect(() => groupNorm(x, tf.ones([2]), six, { groups: 2 })).toThrow("groupNorm: gamma must be [6]");
    expect(() => groupNorm(x, six, six, { groups: 2, epsilon: 0 })).toThrow(
      "epsilon must be a finite number > 0, got 0",
    );
  });

  test("allocates one tensor forward", () => {
    const inputs = [tf.ones([1, 2, 6]), tf.ones([6]), tf.zeros([6])] as const;
    const before = tf.memory().numTensors;
    groupNorm(...inputs, { groups: 3 });
    expect(tf.memory().numTensors - before).toBe(1);
  });
});

test("groupNorm is the same with kernels and without", async () => {
  await startBackend("wasm");
  const kernels = ["GroupNorm", "GroupNormGrad"] as const;
  expect(hasKernel(...kernels)).toBe(true);
  const inputs = [normalNoise([2, 4, 4, 12], 1), normalNoise([12], 2), normalNoise([12], 3)];
  const all = () => {
    const y = op(3)(...inputs);
    return [y, ...tf.grads(op(3))(inputs, normalNoise(y.shape, 9))].map((x) => x.dataSync());
  };
  const fused = all();
  withoutKernels(kernels, all).forEach((values, i) => {
    values.forEach((value, j) => {
      expect(Math.abs(value - fused[i]![j]!)).toBeLessThan(TOLERANCE);
    });
  });
});
