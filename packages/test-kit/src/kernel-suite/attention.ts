import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { runKernel } from "kernel-contract";
import { attention } from "vit-blocks";
import { expect, test } from "vitest";
import { differenceFromCpu, NOT_FINITE, outputsOf, plain, spoil, valuesOf } from "../kernels.ts";
import { largestMixedError } from "../numbers/errors.ts";
import { dot, each, total } from "../numbers/float64.ts";
import { centralDifferences } from "../numbers/gradients.ts";
import { noise } from "../numbers/noise.ts";
import type { TestedBackend } from "./tested-backend.ts";

/** float32 sums of up to 300 products of numbers in [-1, 1), and exponentials. */
const TOLERANCE = 2e-5;

interface Sides {
  readonly batch: number;
  readonly tokens: number;
  readonly heads: number;
  readonly size: number;
  readonly queries: number;
}

/** The formulas, one head and one query at a time. */
function reference(qkv: Float32Array, dy: Float32Array, sides: Sides, scale: number) {
  const { batch, tokens, heads, size, queries } = sides;
  const width = heads * size;
  const out = new Float64Array(batch * queries * width);
  const logSumExp = new Float64Array(batch * heads * queries);
  const dqkv = new Float64Array(qkv.length);
  for (let head = 0; head < batch * heads; head++) {
    const [b, h] = [Math.floor(head / heads), head % heads];
    const at = (part: number, token: number) => ((b * tokens + token) * 3 + part) * width + h * size;
    const along = (x: ArrayLike<number>, i: number, y: ArrayLike<number>, j: number) =>
      total(size, (c) => x[i + c]! * y[j + c]!);
    for (let query = 0; query < queries; query++) {
      const q = at(0, query);
      const row = (b * queries + query) * width + h * size; // of out and dy
      const scores = each(tokens, (key) => scale * along(qkv, q, qkv, at(1, key)));
      const top = Math.max(...scores);
      const sum = total(tokens, (key) => Math.exp(scores[key]! - top));
      const p = scores.map((score) => Math.exp(score - top) / sum);
      logSumExp[head * queries + query] = top + Math.log(sum);
      for (let c = 0; c < size; c++) out[row + c] = total(tokens, (key) => p[key]! * qkv[at(2, key) + c]!);
      const dp = each(tokens, (key) => along(dy, row, qkv, at(2, key)));
      const mean = dot(p, dp);
      for (let key = 0; key < tokens; key++) {
        const ds = scale * p[key]! * (dp[key]! - mean);
        for (let c = 0; c < size; c++) {
          dqkv[q + c]! += ds * qkv[at(1, key) + c]!;
          dqkv[at(1, key) + c]! += ds * qkv[q + c]!;
          dqkv[at(2, key) + c]! += p[key]! * dy[row + c]!;
        }
      }
    }
  }
  return { out, logSumExp, dqkv };
}

async function run(qkvValues: Float32Array, dyValues: Float32Array, sides: Sides, scale: number) {
  const { batch, tokens, heads, size, queries } = sides;
  const attributes = { heads, scale, queries };
  const qkv = tf.tensor3d(qkvValues, [batch, tokens, 3 * heads * size]);
  const dy = tf.tensor3d(dyValues, [batch, queries, heads * size]);
  const [out, logSumExp] = runKernel("Attention", { qkv }, attributes);
  const [dqkv] = runKernel("AttentionGrad", { qkv, out, logSumExp, dy }, attributes);
  const values = await valuesOf([out, logSumExp, dqkv]);
  tf.dispose([qkv, dy]);
  return { out: values[0]!, logSumExp: values[1]!, dqkv: values[2]! };
}

export function attentionTests(backend: TestedBackend): void {
  async function check(sides: Sides, scale = 1 / Math.sqrt(sides.size)): Promise<void> {
    const { batch, tokens, heads, size, queries } = sides;
    const qkv = noise(batch * tokens * 3 * heads * size, tokens);
    const dy = noise(batch * queries * heads * size, 9);
    const actual = await run(qkv, dy, sides, scale);
    const expected = reference(qkv, dy, sides, scale);
    expect(largestMixedError(actual.out, expected.out)).toBeLessThan(TOLERANCE);
    if (backend.givesLogSumExp)
      expect(largestMixedError(actual.logSumExp, expected.logSumExp)).toBeLessThan(TOLERANCE);
    expect(largestMixedError(actual.dqkv, expected.dqkv)).toBeLessThan(TOLERANCE);
  }

  test("agrees with float64, forward and backward, for random shapes, also an empty batch and no query", async () => {
    const shape = fc.record({
      batch: fc.integer({ min: 0, max: 3 }),
      tokens: fc.integer({ min: 1, max: 40 }),
      heads: fc.integer({ min: 1, max: 3 }),
      size: backend.headSizes ? fc.constantFrom(...backend.headSizes) : fc.integer({ min: 1, max: 20 }),
      silent: fc.nat(40),
    });
    const property = fc.asyncProperty(shape, ({ silent, ...sides }) =>
      check({ ...sides, queries: Math.max(0, sides.tokens - silent) }, 0.7),
    );
    await fc.assert(property, { numRuns: backend.runs });
  });

  // In C eight queries to a panel, four keys and eight columns to a tile, 128 queries to a block of the backward pass; in
  // WGSL 32 queries or keys to a tile and 32 channels of a head to a chunk.
  test.each([
    [1, 1, 1],
    [1, 64, 1],
    [3, 1, 3],
    [7, 5, 7],
    [8, 8, 8],
    [9, 9, 9],
    [8, 192, 1],
    [5, 191, 3],
    [31, 4, 31],
    [32, 32, 32],
    [33, 33, 33],
    [64, 31, 33],
    [65, 36, 2],
    [70, 192, 70],
    [100, 64, 100],
    [198, 1, 198],
    [198, 63, 198],
    [198, 64, 2],
    [198, 192, 198],
    [127, 8, 127],
    [128, 7, 128],
    [129, 12, 129],
    [130, 12, 129],
    [257, 4, 257],
    [300, 8, 300],
  ])(
    "agrees at the edges of blocks and tiles: %d tokens, head size %d, %d queries",
    (tokens, size, queries) => check({ batch: 1, tokens, heads: 2, size, queries }),
  );

  test("holds for scores far beyond the range of exp", async () => {
    // Scores up to 1e4 in float32 are off by 1e-3, and so are their exponentials: values and slopes of up to 30 · 30.
    const sides = { batch: 1, tokens: 7, heads: 1, size: 4, queries: 7 };
    const qkv = noise(7 * 12, 5).map((x) => 30 * x);
    const dy = noise(7 * 4, 9);
    const actual = await run(qkv, dy, sides, 5);
    const expected = reference(qkv, dy, sides, 5);
    expect(largestMixedError(actual.out, expected.out)).toBeLessThan(1e-3);
    if (backend.givesLogSumExp)
      expect(largestMixedError(actual.logSumExp, expected.logSumExp)).toBeLessThan(1e-6);
    expect(actual.dqkv.every(Number.isFinite)).toBe(true);
  });

  test("the float64 gradient has the slopes of central differences", () => {
    const sides = { batch: 1, tokens: 5, heads: 2, size: 3, queries: 4 };
    const [qkv, dy] = [noise(5 * 18, 1), noise(4 * 6, 2)];
    const slopes = centralDifferences((x) => dot(reference(x, dy, sides, 0.7).out, dy), qkv);
    // Steps of 1e-2: a cubic term.
    expect(largestMixedError(reference(qkv, dy, sides, 0.7).dqkv, slopes)).toBeLessThan(2e-4);
  });

  test("carries NaN and infinity as the composite form does on cpu, forward and backward", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom(1, 3, 4, 8),
      fc.integer({ min: 1, max: 2 }),
      ...[fc.nat(), fc.nat(1), fc.nat()],
      fc.constantFrom(...NOT_FINITE),
      async (tokens, size, heads, silent, which, at, bad) => {
        const queries = tokens - (silent % tokens);
        const shapes = [
          [2, tokens, 3 * heads * size],
          [2, queries, heads * size],
        ];
        const inputs = spoil(
          shapes.map((shape, seed) => plain(shape, seed)),
          which,
          at,
          bad,
        );
        const op = (qkv: tf.Tensor) => attention(qkv, { heads, queries });
        expect(await differenceFromCpu(backend.name, op, inputs, backend)).toBeLessThan(TOLERANCE);
      },
    );
    await fc.assert(property, { numRuns: backend.runs });
  });

  test("refuses a width that the heads do not divide and more queries than tokens", async () => {
    const attributes = { heads: 2, scale: 1, queries: 2 };
    await expect(outputsOf("Attention", { qkv: tf.zeros([1, 2, 7]) }, attributes)).rejects.toThrow(
      "Attention: expected qkv to be [batch, tokens, 3 · 2 · size], got [1,2,7]",
    );
    await expect(outputsOf("Attention", { qkv: tf.zeros([1, 1, 6]) }, attributes)).rejects.toThrow(
      "Attention: expected queries between 0 and 1 tokens, got 2",
    );
  });
}
