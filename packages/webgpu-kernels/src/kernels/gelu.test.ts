import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import {
  differenceFromCpu,
  each,
  largestMixedError,
  NOT_FINITE,
  noise,
  normalCdf,
  normalDensity,
  outputsOf,
  plain,
  spoil,
} from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { gelu } from "vit-blocks";
import { describe, expect, test } from "vitest";

/** Φ within 4e-7, times numbers up to 14. */
const TOLERANCE = 2e-6;

const missing = await startWebGpu();

const valuesAt = async (x: Float32Array) => (await outputsOf("Gelu", { x: tf.tensor1d(x) }))[0]!;

describe.skipIf(missing)(`Gelu${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("agrees with float64, forward and backward, for any number of numbers, also none", async () => {
    const property = fc.asyncProperty(
      fc.nat(200),
      fc.constantFrom(1, 4, 14),
      fc.nat(1000),
      async (size, range, seed) => {
        const x = noise(size, seed).map((value) => range * value);
        const dy = noise(size, seed + 1);
        const y = each(size, (i) => x[i]! * normalCdf(x[i]!));
        const dx = each(size, (i) => dy[i]! * (normalCdf(x[i]!) + x[i]! * normalDensity(x[i]!)));
        expect(largestMixedError(await valuesAt(x), y)).toBeLessThan(TOLERANCE);
        const [actual] = await outputsOf("GeluGrad", { x: tf.tensor1d(x), dy: tf.tensor1d(dy) });
        expect(largestMixedError(actual!, dx)).toBeLessThan(TOLERANCE);
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });

  test("keeps its relative accuracy in the lower tail", async () => {
    const x = Float32Array.of(-2, -4, -8, -12);
    // 3e-5: WGSL's exp may be off by 3 + 2 · 72 units in the last place at -12² / 2.
    for (const [i, y] of (await valuesAt(x)).entries()) {
      expect(Math.abs(y / (x[i]! * normalCdf(x[i]!)) - 1)).toBeLessThan(3e-5);
    }
  });

  test("carries NaN and infinity as the composite form does on cpu, forward and backward", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 11 }),
      ...[fc.nat(1), fc.nat()],
      fc.constantFrom(...NOT_FINITE),
      async (size, which, at, bad) => {
        const inputs = spoil([plain([size], 1), plain([size], 2)], which, at, bad);
        expect(await differenceFromCpu("webgpu", (x) => gelu(x!), inputs)).toBeLessThan(TOLERANCE);
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });
});
