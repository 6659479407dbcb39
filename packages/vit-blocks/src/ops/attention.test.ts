import * as tf from "@tensorflow/tfjs-core";
import { siteOf } from "sample-keys";
import { errorOverLargestOrOne, finiteDifferences, normalNoise } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { attention } from "./attention.ts";

const TOLERANCE = 1e-5; // float32, sums of a few terms
const DIFFERENCES = 5e-3; // central differences of float32 values, step 1e-2

/** The formula, one head and one query at a time, in float64. */
function reference(qkv: tf.Tensor, heads: number, scale: number, queries: number): tf.Tensor {
  const rows = qkv.arraySync() as number[][][];
  const size = qkv.shape[2]! / 3 / heads;
  const out = rows.map((tokens) =>
    tokens.slice(0, queries).map((asking) =>
      Array.from({ length: heads * size }, (_, column) => {
        const start = Math.floor(column / size) * size;
        const scores = tokens.map((key) => {
          let dot = 0;
          for (let i = 0; i < size; i++) dot += asking[start + i]! * key[heads * size + start + i]!;
          return Math.exp(scale * dot);
        });
        const total = scores.reduce((sum, score) => sum + score, 0);
        return tokens.reduce(
          (sum, value, t) => sum + (scores[t]! / total) * value[2 * heads * size + column]!,
          0,
        );
      }),
    ),
  );
  return tf.tensor(out);
}

describe.each(BACKENDS)("attention on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test("of two tokens is the average that softmax weighs", () => {
    // one head of size 1: q = [1, 0], k = [ln 3, 0], v = [4, 8]
    const qkv = tf.tensor3d([1, Math.log(3), 4, 0, 0, 8], [1, 2, 3]);
    const out = attention(qkv, { heads: 1 }).dataSync();
    expect(out[0]).toBeCloseTo((3 * 4 + 8) / 4, 5);
    expect(out[1]).toBeCloseTo(6, 5);
  });

  test.each([
    [2, 5, 3, 2, 5],
    [1, 4, 1, 3, 1],
    [2, 3, 2, 4, 2],
    [1, 1, 2, 2, 1],
  ])(
    "equals the formula for batch %d, %d tokens, %d heads of %d, %d queries",
    (b, t, heads, size, queries) => {
      const qkv = normalNoise([b, t, 3 * heads * size], 3);
      const expected = reference(qkv, heads, 0.7, queries);
      expect(errorOverLargestOrOne(attention(qkv, { heads, scale: 0.7, queries }), expected)).toBeLessThan(
        TOLERANCE,
      );
    },
  );

  test.each([4, 2])("has the gradient of central differences with %d of 4 queries", (queries) => {
    const qkv = normalNoise([1, 4, 18], 5);
    const weight = normalNoise([1, queries, 6], 6);
    const f = (x: tf.Tensor) => attention(x, { heads: 2, queries });
    const [expected] = finiteDifferences(f, [qkv], weight);
    expect(errorOverLargestOrOne(tf.grad(f)(qkv, weight), expected!)).toBeLessThan(DIFFERENCES);
  });

  test("stays finite for scores of a thousand", () => {
    const out = attention(tf.fill([1, 2, 3], 1000), { heads: 1 });
    expect([...out.dataSync()]).toEqual([1000, 1000]);
  });

  test("drops probabilities, rescaled, by the sample's key", () => {
    const qkv = tf.concat([tf.zeros([2, 64, 2]), tf.ones([2, 64, 1])], 2); // uniform scores, values 1
    const drop = { rate: 0.5, site: siteOf("scores") };
    const out = attention(qkv, { heads: 1, dropout: { ...drop, sampleKeys: [1, 2] } });
    const alone = attention(tf.slice(qkv, [1, 0, 0], [1, -1, -1]), {
      heads: 1,
      dropout: { ...drop, sampleKeys: [2] },
    });
    expect(tf.slice(out, [1, 0, 0], [1, -1, -1]).dataSync()).toEqual(alone.dataSync());
    const mean = tf.mean(out).dataSync()[0]!; // 8192 draws of 0 or 2
    expect(Math.abs(mean - 1)).toBeLessThan(4 / Math.sqrt(8192)); // 4 standard errors
  });

  test("refuses heads that do not divide and queries out of range", () => {
    expect(() => attention(tf.zeros([1, 2, 7]), { heads: 2 })).toThrow(
      "attention: qkv must be [batch, tokens, 3 * heads * headDim] with 2 heads, got [1,2,7]",
    );
    expect(() => attention(tf.zeros([1, 2, 6]), { heads: 2, queries: 3 })).toThrow(
      "attention: queries must be an integer in 1...2, got 3",
    );
  });

  test("allocates one tensor forward and leaves none but the gradient behind", () => {
    const qkv = normalNoise([1, 3, 12], 1);
    const before = tf.memory().numTensors;
    const out = attention(qkv, { heads: 2 });
    expect(tf.memory().numTensors - before).toBe(1);
    out.dispose();
    const dx = tf.grad((x: tf.Tensor) => attention(x, { heads: 2 }))(qkv);
    expect(tf.memory().numTensors - before).toBe(1);
    tf.dispose([dx, qkv]);
  });
});
