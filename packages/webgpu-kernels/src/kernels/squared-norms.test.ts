import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { dot, largestMixedError, NOT_FINITE, noise, outputsOf } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";

const missing = await startWebGpu();

describe.skipIf(missing)(`SquaredNorms${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("agrees with float64 for any number of tensors of any size", async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 20 });
    const property = fc.asyncProperty(sizes, fc.nat(1000), async (lengths, seed) => {
      const values = lengths.map((length, i) => noise(length, seed + i));
      const inputs = values.map((x) => tf.tensor1d(x));
      const [sums] = await outputsOf("SquaredNorms", inputs);
      // float32 sums of up to 700 squares.
      const expected = values.map((x) => dot(x, x));
      expect(largestMixedError(sums!, expected)).toBeLessThan(1e-5);
    });
    await fc.assert(property, { numRuns: 25 });
  });

  test("of 10 million numbers keeps float32's digits", async () => {
    const x = noise(1e7, 7);
    const [sums] = await outputsOf("SquaredNorms", [tf.tensor1d(x)]);
    expect(Math.abs(sums![0]! / dot(x, x) - 1)).toBeLessThan(1e-6);
  });

  test.each(NOT_FINITE)("is not finite for the one tensor that has %d", async (bad) => {
    const inputs = [tf.ones([3]), tf.tensor1d([1, bad, 2]), tf.ones([2, 2])];
    const [sums] = await outputsOf("SquaredNorms", inputs);
    expect([...sums!].map(Number.isFinite)).toEqual([true, false, true]);
    expect([sums![0], sums![2]]).toEqual([3, 4]);
  });
});
