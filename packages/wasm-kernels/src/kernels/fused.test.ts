import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { largestError, noise, startForTest } from "../testing.ts";

/** float32 against the same formulas through tfjs' own operations. */
const TOLERANCE = 5e-5;

beforeAll(startForTest);

function run(
  name: string,
  inputs: Record<string, tf.Tensor>,
  attrs: Record<string, number> = {},
): tf.Tensor[] {
  return [tf.engine().runKernel(name, inputs, attrs)].flat() as tf.Tensor[];
}

function expectClose(actual: tf.Tensor, expected: tf.Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(largestError(actual.dataSync(), expected.dataSync())).toBeLessThan(TOLERANCE);
}

function compositeAttention(qkv: tf.Tensor, heads: number, scale: number, queries: number): tf.Tensor {
  const [batch, tokens, width] = qkv.shape as [number, number, number];
  const size = width / 3 / heads;
  const split = tf.transpose(tf.reshape(qkv, [batch, tokens, 3, heads, size]), [2, 0, 3, 1, 4]);
  const [q, k, v] = tf.unstack(split) as [tf.Tensor, tf.Tensor, tf.Tensor];
  const asked = tf.slice(q, [0, 0, 0, 0], [batch, heads, queries, size]);
  const out = tf.matMul(tf.softmax(tf.mul(tf.matMul(asked, k, false, true), scale)), v);
  return tf.reshape(tf.transpose(out, [0, 2, 1, 3]), [batch, queries, heads * size]);
}

describe("Attention", () => {
  test("agrees with the composite form, forward and backward, for random shapes", () => {
    const side = fc.integer({ min: 1, max: 4 });
    const tokens = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(
        side,
        tokens,
        side,
        fc.integer({ min: 1, max: 20 }),
        fc.nat(),
        (batch, count, heads, size, n) => {
          const queries = 1 + (n % count);
          tf.tidy(() => checkAttention(batch, count, heads, size, queries));
        },
      ),
      { numRuns: 40 },
    );
  });

  test.each([
    [300, 8, 300],
    [130, 12, 129],
    [137, 64, 137],
    [9, 9, 7],
    [8, 192, 1],
  ])("agrees at the edges of its blocks: %d tokens, head size %d, %d queries", (tokens, size, queries) => {
    tf.tidy(() => checkAttention(1, tokens, 2, size, queries));
  });

  test("holds for scores far beyond the range of exp", () => {
    tf.tidy(() => {
      const qkv = tf.mul(tf.tensor3d(noise(7 * 12, 5), [1, 7, 12]), 30);
      const attrs = { heads: 1, scale: 5, queries: 7 };
      expectClose(run("Attention", { qkv }, attrs)[0]!, compositeAttention(qkv, 1, 5, 7));
    });
  });

  test("carries NaN and infinity to the rows that they reach, as the composite form does", () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
      for (const at of [1 * 12 + 1, 2 * 12 + 5, 8 * 12 + 9]) {
        const values = noise(9 * 12, 3);
        values[at] = bad; // in q of token 1, k of token 2, v of token 8
        tf.tidy(() => {
          const qkv = tf.tensor3d(values, [1, 9, 12]);
          const finite = (x: tf.Tensor) => Array.from(x.dataSync(), Number.isFinite);
          const [out] = run("Attention", { qkv }, { heads: 1, scale: 1, queries: 9 });
          expect(finite(out!)).toEqual(finite(compositeAttention(qkv, 1, 1, 9)));
        });
      }
    }
  });

  test("gives zeros where no query asks", () => {
    tf.tidy(() => {
      const qkv = tf.tensor3d(noise(5 * 6, 1), [1, 5, 6]);
      const attrs = { heads: 1, scale: 1, queries: 0 };
      const [out, logSumExp] = run("Attention", { qkv }, attrs) as [tf.Tensor, tf.Tensor];
      const [dqkv] = run("AttentionGrad", { qkv, out, logSumExp, dy: tf.zerosLike(out) }, attrs);
      expect([...dqkv!.dataSync()]).toEqual(new Array(30).fill(0));
    });
  });

  test("refuses a width that the heads do not divide", () => {
    expect(() => run("Attention", { qkv: tf.zeros([1, 2, 7]) }, { heads: 2, scale: 1, queries: 2 })).toThrow(
      "Attention: expected qkv to be [batch, tokens, 3 · 2 · size], got [1,2,7]",
    );
  });
});

function checkAttention(batch: number, tokens: number, heads: number, size: number, queries: number): void {
  const shape: [number, number, number] = [batch, tokens, 3 * heads * size];
  const qkv = tf.tensor3d(noise(batch * tokens * 3 * heads * size, tokens), shape);
  const attrs = { heads, scale: 0.7, queries };
  const [out, logSumExp] = run("Attention", { qkv }, attrs) as [tf.Tensor, tf.Tensor];
  const composite = (x: tf.Tensor) => compositeAttention(x, heads, 0.7, queries);
  expectClose(out, composite(qkv));
  const dy = tf.tensor(noise(out.size, 9), out.shape);
  const [dqkv] = run("AttentionGrad", { qkv, out, logSumExp, dy }, attrs);
  expectClose(dqkv!, tf.grad(composite)(qkv, dy));
}

describe("LayerNorm", () => {
  test.each([
    [1, 1],
    [3, 6],
    [5, 192],
    [2, 7],
  ])("agrees with the composite form, forward and backward: %d rows of %d", (rows, dim) => {
    const x = tf.tensor2d(noise(rows * dim, 1), [rows, dim]);
    const gamma = tf.tensor1d(noise(dim, 2));
    const beta = tf.tensor1d(noise(dim, 3));
    const composite = (a: tf.Tensor, g: tf.Tensor, b: tf.Tensor) => {
      const { mean, variance } = tf.moments(a, 1, true);
      return tf.add(tf.mul(tf.mul(tf.sub(a, mean), tf.rsqrt(tf.add(variance, 0.01))), g), b);
    };
    const [y, mean, rstd] = run("LayerNorm", { x, gamma, beta }, { epsilon: 0.01 }) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    expectClose(y, composite(x, gamma, beta));
    const dy = tf.tensor2d(noise(rows * dim, 4), [rows, dim]);
    const actual = run("LayerNormGrad", { x, gamma, mean, rstd, dy });
    const expected = tf.grads(composite)([x, gamma, beta], dy);
    for (const [i, gradient] of expected.entries()) expectClose(actual[i]!, gradient);
  });
});

describe("Gelu", () => {
  test("is x · Φ(x), with its slope", () => {
    const x = tf.tensor1d([-12, -6, -3, -1, -0.5, 0, 1e-4, 0.5, 1, 3, 9]);
    // From Python: x * 0.5 * math.erfc(-x / math.sqrt(2)).
    const y = [0, -5.919525872248304e-9, -0.0040496940948775, -0.15865525393145707, -0.15426876936299344, 0];
    const [actual] = run("Gelu", { x });
    expect(largestError(actual!.dataSync().slice(0, 6), y)).toBeLessThan(1e-6);
    expect(actual!.dataSync()[1]! / y[1]!).toBeCloseTo(1, 5);
    expect(actual!.dataSync()[8]).toBeCloseTo(0.8413447460685429, 6);
    const composite = (v: tf.Tensor) => tf.mul(tf.mul(v, 0.5), tf.add(1, tf.erf(tf.mul(v, Math.SQRT1_2))));
    const [dx] = run("GeluGrad", { x, dy: tf.onesLike(x) });
    expectClose(dx!, tf.grad(composite)(x));
  });

  test("keeps its relative accuracy in the lower tail", () => {
    // From Python: x * 0.5 * math.erfc(-x / math.sqrt(2)) at x = -2, -4, -8, -12.
    const x = tf.tensor1d([-2, -4, -8, -12]);
    const expected = [-0.04550026389635844, -1.2668496733248e-4, -4.9767684594175e-15, -2.1317785344932e-32];
    const y = run("Gelu", { x })[0]!.dataSync();
    // 1e-6: the squares of these x are exact, so that the exponential's own error is all.
    for (const [i, want] of expected.entries()) expect(Math.abs(y[i]! / want - 1)).toBeLessThan(1e-6);
  });
});

describe("PatchExtract", () => {
  test("orders patches by row, and height, width, channel inside", () => {
    const x = tf.tensor4d(noise(2 * 4 * 6 * 3, 1), [2, 4, 6, 3]);
    const [actual] = run("PatchExtract", { x }, { patchSize: 2 });
    const split = tf.transpose(tf.reshape(x, [2, 2, 2, 3, 6]), [0, 1, 3, 2, 4]);
    expectClose(actual!, tf.reshape(split, [2, 6, 12]));
  });

  test("refuses a patch size that does not divide the image", () => {
    const x = tf.zeros([1, 4, 6, 3]);
    expect(() => run("PatchExtract", { x }, { patchSize: 4 })).toThrow(
      "PatchExtract: expected patchSize to divide [4, 6], got 4",
    );
  });
});
