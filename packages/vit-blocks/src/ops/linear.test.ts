import * as tf from "@tensorflow/tfjs-core";
import { siteOf } from "sample-keys";
import { errorOverLargestOrOne, finiteDifferences, normalNoise } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { dropout } from "./dropout.ts";
import { linear } from "./linear.ts";
import { residualAdd } from "./residual-add.ts";

const DIFFERENCES = 5e-3; // central differences of float32 values, step 1e-2

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test("linear multiplies the last axis and adds the bias", () => {
    const y = linear(
      tf.tensor3d([1, 2], [1, 1, 2]),
      tf.tensor2d([
        [1, 10],
        [2, 20],
      ]),
      tf.tensor1d([0.5, 0]),
    );
    expect(y.arraySync()).toEqual([[[5.5, 50]]]);
    expect(linear(tf.ones([2, 2]), tf.ones([2, 1])).arraySync()).toEqual([[2], [2]]);
  });

  test("linear has the gradients of central differences", () => {
    const inputs = [normalNoise([2, 3, 4], 1), normalNoise([4, 5], 2), normalNoise([5], 3)];
    const weight = normalNoise([2, 3, 5], 4);
    const f = (...[x, kernel, bias]: tf.Tensor[]) => linear(x!, kernel!, bias);
    const gradients = tf.grads(f)(inputs, weight);
    for (const [i, expected] of finiteDifferences(f, inputs, weight).entries()) {
      expect(errorOverLargestOrOne(gradients[i]!, expected)).toBeLessThan(DIFFERENCES);
    }
  });

  test("linear refuses shapes that do not fit and leaves one tensor", () => {
    const kernel = tf.ones([3, 4]);
    expect(() => linear(tf.ones([2, 2]), kernel)).toThrow(
      "linear: x [..., in] and kernel [in, out] expected, got [2,2] and [3,4]",
    );
    expect(() => linear(tf.ones([2, 3]), kernel, tf.ones([3]))).toThrow("linear: bias must be [4], got [3]");
    const [x, bias] = [tf.ones([2, 3]), tf.ones([4])];
    const before = tf.memory().numTensors;
    linear(x, kernel, bias);
    expect(tf.memory().numTensors - before).toBe(1);
  });

  test("dropout zeroes single elements by key, place and site, and its gradient is the same mask", () => {
    const options = { rate: 0.25, training: true, sampleKeys: [7, 8], site: siteOf("drop") };
    const x = tf.ones([2, 1000]);
    const y = dropout(x, options);
    const kept = (y.dataSync() as Float32Array).filter((value) => value > 0);
    expect(new Set([...kept].map((value) => value.toFixed(4)))).toEqual(new Set(["1.3333"]));
    expect(Math.abs(kept.length / 2000 - 0.75)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / 2000)); // 4 errors
    expect(
      tf
        .grad((v: tf.Tensor) => dropout(v, options))(x)
        .dataSync(),
    ).toEqual(y.dataSync());
    const second = dropout(tf.ones([1, 1000]), { ...options, sampleKeys: [8] });
    expect(second.dataSync()).toEqual(tf.slice(y, [1, 0], [1, -1]).dataSync());
  });

  test("dropout is an identity at rate 0 and in evaluation, and refuses rate 1 and missing keys", () => {
    const x = tf.ones([1, 2]);
    expect([...dropout(x, { rate: 0, training: true, site: 1 }).dataSync()]).toEqual([1, 1]);
    expect([...dropout(x, { rate: 0.5, training: false, site: 1 }).dataSync()]).toEqual([1, 1]);
    expect(() => dropout(x, { rate: 1, training: true, site: 1 })).toThrow(
      "dropout: rate must be in [0, 1), got 1",
    );
    expect(() => dropout(x, { rate: 0.5, training: true, site: 1 })).toThrow(
      "dropout: training needs sampleKeys",
    );
    expect(() => dropout(x, { rate: 0.5, training: true, site: 1, sampleKeys: [1, 2] })).toThrow(
      "dropout: expected 1 sampleKeys for [1,2], got 2",
    );
  });

  test("residualAdd adds, sends the gradient both ways and refuses other shapes", () => {
    const [a, b, dy] = [tf.tensor1d([1, 2]), tf.tensor1d([10, 20]), tf.tensor1d([3, 4])];
    expect([...residualAdd(a, b).dataSync()]).toEqual([11, 22]);
    const gradients = tf.grads((x: tf.Tensor, y: tf.Tensor) => residualAdd(x, y))([a, b], dy);
    expect(gradients.map((g) => [...g.dataSync()])).toEqual([
      [3, 4],
      [3, 4],
    ]);
    expect(() => residualAdd(a, tf.ones([3]))).toThrow("residualAdd: shapes must be equal, got [2] and [3]");
  });
});
