import type * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { differenceFromCpu, NOT_FINITE, plain, spoil } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { residualAdd } from "vit-blocks";
import { describe, expect, test } from "vitest";

const missing = await startWebGpu();
const op = (x: tf.Tensor, branch: tf.Tensor, bias: tf.Tensor) => residualAdd(x, branch, bias);
const inputsOf = (rows: number, dim: number, seed: number) =>
  [[rows, dim], [rows, dim], [dim], [rows, dim]].map((shape, i) => plain(shape, seed + i));

describe.skipIf(missing)(`ResidualAdd${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("agrees with the composite form on cpu, forward and backward, for random shapes", async () => {
    const [rows, dim] = [fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 70 })];
    const property = fc.asyncProperty(rows, dim, fc.nat(1000), async (r, d, seed) => {
      // Sums of up to nine rows, in another order.
      expect(await differenceFromCpu("webgpu", op as never, inputsOf(r, d, seed))).toBeLessThan(1e-6);
    });
    await fc.assert(property, { numRuns: 30 });
  });

  test("carries NaN and infinity as the composite form does on cpu", async () => {
    const [rows, dim] = [fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 11 })];
    const bad = fc.constantFrom(...NOT_FINITE);
    const property = fc.asyncProperty(rows, dim, fc.nat(3), fc.nat(), bad, async (r, d, which, at, x) => {
      const inputs = spoil(inputsOf(r, d, 1), which, at, x);
      expect(await differenceFromCpu("webgpu", op as never, inputs)).toBeLessThan(1e-6);
    });
    await fc.assert(property, { numRuns: 30 });
  });
});
