import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { NOT_FINITE, outputsOf } from "../kernels.ts";
import { largestMixedError, largestRelativeError } from "../numbers/errors.ts";
import { dot } from "../numbers/float64.ts";
import { noise } from "../numbers/noise.ts";
import type { TestedBackend } from "./tested-backend.ts";

export function squaredNormsTests(backend: TestedBackend): void {
  test("agrees with float64 for any number of tensors of any size", async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 20 });
    const property = fc.asyncProperty(sizes, fc.nat(1000), async (lengths, seed) => {
      const values = lengths.map((length, i) => noise(length, seed + i));
      const inputs = values.map((x) => tf.tensor1d(x));
      const [sums] = await outputsOf("SquaredNorms", inputs);
      const expected = values.map((x) => dot(x, x));
      expect(largestMixedError(sums!, expected)).toBeLessThan(backend.tolerance.squares);
    });
    await fc.assert(property, { numRuns: backend.runs });
  });

  test("keeps float32's digits over 10 million numbers", async () => {
    const x = noise(1e7, 7);
    const [sums] = await outputsOf("SquaredNorms", [tf.tensor1d(x)]);
    expect(largestRelativeError(sums!, [dot(x, x)])).toBeLessThan(1e-6);
  });

  test.each(NOT_FINITE)("is not finite for the one tensor that has %d", async (bad) => {
    const inputs = [tf.ones([3]), tf.tensor1d([1, bad, 2]), tf.ones([2, 2])];
    const [sums] = await outputsOf("SquaredNorms", inputs);
    expect([...sums!].map(Number.isFinite)).toEqual([true, false, true]);
    expect([sums![0], sums![2]]).toEqual([3, 4]);
  });

  test("refuses integers", async () => {
    const x = tf.tensor1d([1, 2], "int32");
    await expect(outputsOf("SquaredNorms", [x])).rejects.toThrow("SquaredNorms: expected x to be float32");
  });
}
