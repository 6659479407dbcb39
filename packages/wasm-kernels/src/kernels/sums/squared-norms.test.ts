import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import {
  dot,
  largestMixedError,
  largestRelativeError,
  NOT_FINITE,
  noise,
  outputsOfSync,
  positiveNoise,
} from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";

beforeAll(startWasm);

describe("SquaredNorms", () => {
  test("agrees with float64 for any number of tensors of any size", () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 20 });
    fc.assert(
      fc.property(sizes, fc.nat(1000), (lengths, seed) => {
        const values = lengths.map((length, i) => noise(length, seed + i));
        const inputs = values.map((x) => tf.tensor1d(x));
        const [sums] = outputsOfSync("SquaredNorms", inputs);
        const expected = values.map((x) => dot(x, x));
        expect(largestMixedError(sums!, expected)).toBeLessThan(1e-6);
      }),
      { numRuns: 50 },
    );
  });

  test("of 10 million numbers keeps float32's digits", () => {
    const x = positiveNoise(1e7, 7);
    const [sums] = outputsOfSync("SquaredNorms", [tf.tensor1d(x)]);
    expect(largestRelativeError(sums!, [dot(x, x)])).toBeLessThan(1e-6);
  });

  test.each(NOT_FINITE)("is not finite for the one tensor that has %d", (bad) => {
    const inputs = [tf.ones([3]), tf.tensor1d([1, bad, 2]), tf.ones([2, 2])];
    const [sums] = outputsOfSync("SquaredNorms", inputs);
    expect([...sums!].map(Number.isFinite)).toEqual([true, false, true]);
    expect([sums![0], sums![2]]).toEqual([3, 4]);
  });

  test("refuses integers", () => {
    expect(() => outputsOfSync("SquaredNorms", [tf.tensor1d([1, 2], "int32")])).toThrow(
      "SquaredNorms: expected x to be float32",
    );
  });
});
