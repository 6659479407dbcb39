import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { each, largestError, noise, outputsOf, startForTest } from "../testing.ts";

beforeAll(startForTest);

test("ResidualAdd adds the branch and, along the last axis, the bias", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 8 }),
      fc.integer({ min: 1, max: 40 }),
      fc.nat(1000),
      (rows, dim, seed) => {
        const [x, branch, bias] = [
          noise(rows * dim, seed),
          noise(rows * dim, seed + 1),
          noise(dim, seed + 2),
        ];
        const [actual] = outputsOf("ResidualAdd", {
          x: tf.tensor2d(x, [rows, dim]),
          branch: tf.tensor2d(branch, [rows, dim]),
          bias: tf.tensor1d(bias),
        });
        // two roundings of numbers under 3
        expect(
          largestError(
            actual!,
            each(rows * dim, (i) => x[i]! + branch[i]! + bias[i % dim]!),
          ),
        ).toBeLessThan(1e-6);
      },
    ),
    { numRuns: 50 },
  );
});
