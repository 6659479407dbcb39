import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { each, largestMixedError, largestRelativeError, noise, positiveNoise, total } from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";

beforeAll(startWasm);

describe("UnsortedSegmentSum", () => {
  test("agrees with float64 for random shapes and drops ids out of range", () => {
    const ids = fc.array(fc.integer({ min: -2, max: 6 }), { maxLength: 20 });
    fc.assert(
      fc.property(ids, fc.integer({ min: 1, max: 13 }), fc.nat(1000), (segmentIds, inner, seed) => {
        const segments = 5;
        const x = noise(segmentIds.length * inner, seed);
        const expected = each(segments * inner, (at) => {
          const segment = Math.floor(at / inner);
          return total(segmentIds.length, (i) =>
            segmentIds[i] === segment ? x[i * inner + (at % inner)]! : 0,
          );
        });
        const actual = tf.tidy(() =>
          tf
            .unsortedSegmentSum(
              tf.tensor2d(x, [segmentIds.length, inner]),
              tf.tensor1d(segmentIds, "int32"),
              segments,
            )
            .dataSync(),
        );
        expect(largestMixedError(actual, expected)).toBeLessThan(1e-6); // up to 20 numbers in [-1, 1)
      }),
      { numRuns: 60 },
    );
  });

  test("is the gradient of gather, which sums the rows that were taken twice", () => {
    const take = (x: tf.Tensor) => tf.sum(tf.gather(x, tf.tensor1d([1, 1, 0], "int32")));
    expect([
      ...tf
        .grad(take)(tf.zeros([3, 2]))
        .dataSync(),
    ]).toEqual([1, 1, 2, 2, 0, 0]);
  });
});

test.each([2, 300_000])("segments of many rows keep float32's digits: %d segments", (segments) => {
  const [rows, inner] = [300_000, 8];
  const x = positiveNoise(rows * inner, 3);
  const ids = new Int32Array(rows).map((_, i) => i % 2);
  const expected = each(2 * inner, (at) =>
    total(rows / 2, (i) => x[(2 * i + Math.floor(at / inner)) * inner + (at % inner)]!),
  );
  const actual = tf.tidy(() =>
    tf.unsortedSegmentSum(tf.tensor2d(x, [rows, inner]), tf.tensor1d(ids, "int32"), segments).dataSync(),
  );
  expect(largestRelativeError(actual.slice(0, 2 * inner), expected)).toBeLessThan(1e-6);
  expect(actual.slice(2 * inner).every((value) => value === 0)).toBe(true);
});
