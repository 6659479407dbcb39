import * as tf from "@tensorflow/tfjs-core";
import { errorOverLargestOrOne, finiteDifferences, normalNoise } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { attention } from "./attention.ts";
import { attentionProbabilities } from "./attention-probabilities.ts";

const TOLERANCE = 1e-5; // float32, sums of a few terms
const DIFFERENCES = 5e-3; // central differences of float32 values, step 1e-2

describe.each(BACKENDS)("attentionProbabilities on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test("of two tokens is what softmax says, head after head", () => {
    // two heads of size 1: q = [1, 0] and [0, 2], k = [ln 3, 0] and [ln 3, 0]
    const qkv = tf.tensor3d([1, 0, Math.log(3), Math.log(3), 9, 9, 0, 2, 0, 0, 9, 9], [1, 2, 6]);
    const expected = tf.tensor4d([0.75, 0.25, 0.5, 0.5, 0.5, 0.5, 0.9, 0.1], [1, 2, 2, 2]);
    expect(errorOverLargestOrOne(attentionProbabilities(qkv, { heads: 2 }), expected)).toBeLessThan(
      TOLERANCE,
    );
  });

  test.each([
    [2, 5, 3, 2, 5],
    [1, 4, 1, 3, 1],
    [2, 3, 2, 5, 2],
  ])(
    "is what attention weighs by, batch %d, %d tokens, %d heads of %d, %d queries",
    (b, t, heads, size, queries) => {
      const qkv = normalNoise([b, t, 3 * heads * size], 3);
      const options = { heads, scale: 0.7, queries };
      const p = attentionProbabilities(qkv, options);
      expect(p.shape).toEqual([b, heads, queries, t]);
      expect(errorOverLargestOrOne(tf.sum(p, -1), tf.ones([b, heads, queries]))).toBeLessThan(TOLERANCE);
      const v = tf.reshape(tf.slice(qkv, [0, 0, 2 * heads * size], [-1, -1, -1]), [b, t, heads, size]);
      const out = tf.transpose(tf.matMul(p, tf.transpose(v, [0, 2, 1, 3])), [0, 2, 1, 3]);
      const expected = attention(qkv, options);
      expect(errorOverLargestOrOne(tf.reshape(out, expected.shape), expected)).toBeLessThan(TOLERANCE);
    },
  );

  test("has the gradient of central differences", () => {
    const qkv = normalNoise([1, 3, 12], 5);
    const weight = normalNoise([1, 2, 2, 3], 6);
    const f = (x: tf.Tensor) => attentionProbabilities(x, { heads: 2, queries: 2 });
    const [expected] = finiteDifferences(f, [qkv], weight);
    expect(errorOverLargestOrOne(tf.grad(f)(qkv, weight), expected!)).toBeLessThan(DIFFERENCES);
  });

  test("stays finite for scores of a million", () => {
    const p = attentionProbabilities(tf.fill([1, 2, 3], 1000), { heads: 1 });
    expect([...p.dataSync()]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  test("refuses heads that do not divide and queries out of range", () => {
    expect(() => attentionProbabilities(tf.zeros([1, 2, 7]), { heads: 2 })).toThrow(
      "attentionProbabilities: qkv must be [batch, tokens, 3 * heads * headDim] with 2 heads, got [1,2,7]",
    );
    expect(() => attentionProbabilities(tf.zeros([1, 2, 6]), { heads: 2, queries: 0 })).toThrow(
      "attentionProbabilities: queries must be an integer in 1...2, got 0",
    );
  });

  test("allocates one tensor", () => {
    const qkv = normalNoise([1, 3, 12], 1);
    const before = tf.memory().numTensors;
    attentionProbabilities(qkv, { heads: 2 });
    expect(tf.memory().numTensors - before).toBe(1);
  });
});
