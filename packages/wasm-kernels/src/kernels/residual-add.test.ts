import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import {
  differenceFromCpu,
  each,
  largestMixedError,
  NOT_FINITE,
  noise,
  outputsOfSync,
  plain,
  spoil,
} from "test-kit";
import { startWasm } from "test-kit/backends";
import { residualAdd } from "vit-blocks";
import { beforeAll, expect, test } from "vitest";

beforeAll(startWasm);

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
        const [actual] = outputsOfSync("ResidualAdd", {
          x: tf.tensor2d(x, [rows, dim]),
          branch: tf.tensor2d(branch, [rows, dim]),
          bias: tf.tensor1d(bias),
        });
        // two roundings of numbers under 3
        expect(
          largestMixedError(
            actual!,
            each(rows * dim, (i) => x[i]! + branch[i]! + bias[i % dim]!),
          ),
        ).toBeLessThan(1e-6);
      },
    ),
    { numRuns: 50 },
  );
});

test("ResidualAdd carries NaN and infinity as the composite form does on cpu, to the same bits", async () => {
  const [rows, dim] = [fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 11 })];
  const bad = fc.constantFrom(...NOT_FINITE);
  const property = fc.asyncProperty(rows, dim, fc.nat(2), fc.nat(), bad, async (r, d, which, at, x) => {
    const shapes = [[r, d], [r, d], [d]];
    const spoiled = spoil(
      shapes.map((shape, seed) => plain(shape, seed)),
      which,
      at,
      x,
    );
    const op = (a: tf.Tensor, b: tf.Tensor, bias: tf.Tensor) => residualAdd(a, b, bias);
    const ones = { values: new Float32Array(r * d).fill(1), shape: [r, d] };
    expect(await differenceFromCpu("wasm", op, [...spoiled, ones])).toBe(0);
  });
  await fc.assert(property, { numRuns: 100 });
});
