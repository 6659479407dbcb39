import * as tf from "@tensorflow/tfjs-core";
import { expect, test } from "vitest";
import {
  errorOverLargest,
  errorOverLargestOrOne,
  largestDifference,
  largestMixedError,
  largestRelativeError,
} from "./errors.ts";

const all = [
  largestDifference,
  largestRelativeError,
  largestMixedError,
  errorOverLargest,
  errorOverLargestOrOne,
];

test("each divides by what its name says", () => {
  expect(all.map((error) => error([1, 6], [0.5, 4]))).toEqual([2, 1, 0.5, 0.5, 0.5]);
  expect(all.map((error) => error([0.25, 0.75], [0.5, 0.5]))).toEqual([0.25, 0.5, 0.25, 0.5, 0.25]);
  expect(errorOverLargest([0, 3], [0, 0])).toBe(3);
  expect(all.map((error) => error([], []))).toEqual([0, 0, 0, 0, 0]);
});

test("a number that is not one is no small error", () => {
  for (const error of all) {
    expect(error([Number.NaN, 1], [1, 1])).toBe(Number.POSITIVE_INFINITY);
    if (error !== largestMixedError) expect(error([1, Number.NaN], [1, Number.NaN])).not.toBeLessThan(1);
    expect(() => error([1], [1, 1])).toThrow("largest error: expected shape [2], got [1]");
  }
  expect(
    largestMixedError([Number.NaN, Number.POSITIVE_INFINITY], [Number.NaN, Number.POSITIVE_INFINITY]),
  ).toBe(0);
  expect(largestMixedError([Number.POSITIVE_INFINITY], [Number.NEGATIVE_INFINITY])).toBe(
    Number.POSITIVE_INFINITY,
  );
});

test("tensors are compared by their shapes too", async () => {
  await import("tfjs-backends").then(({ startBackend }) => startBackend("cpu"));
  expect(largestDifference(tf.tensor2d([[1], [2]]), [1, 4])).toBe(2);
  expect(() => largestDifference(tf.ones([2, 3]), tf.ones([3, 2]))).toThrow(
    "expected shape [3,2], got [2,3]",
  );
});
