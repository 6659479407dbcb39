import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { gelu } from "vit-blocks";
import { expect, test } from "vitest";
import { differenceFromCpu, NOT_FINITE, outputsOf, plain, spoil } from "../kernels.ts";
import { largestMixedError, largestRelativeError } from "../numbers/errors.ts";
import { each } from "../numbers/float64.ts";
import { noise } from "../numbers/noise.ts";
import { normalCdf, normalDensity } from "../numbers/normal.ts";
import type { TestedBackend } from "./tested-backend.ts";

/** Φ within 4e-7, times numbers up to 14. */
const TOLERANCE = 2e-6;

const valuesAt = async (x: Float32Array) => (await outputsOf("Gelu", { x: tf.tensor1d(x) }))[0]!;

export function geluTests(backend: TestedBackend): void {
  test("agrees with float64, forward and backward, for tensors of any size, also empty ones", async () => {
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
    await fc.assert(property, { numRuns: backend.runs });
  });

  test("is x · Φ(x), from Python", async () => {
    // x * 0.5 * math.erfc(-x / math.sqrt(2)).
    const y = await valuesAt(Float32Array.of(-12, -6, -3, -1, -0.5, 0, 1));
    const expected = [
      0, -5.919525872248304e-9, -0.0040496940948775, -0.15865525393145707, -0.15426876936299344,
    ];
    expect(largestMixedError(y, [...expected, 0, 0.8413447460685429])).toBeLessThan(1e-6);
  });

  test("keeps its relative accuracy in the lower tail", async () => {
    const x = Float32Array.of(-2, -4, -8, -12); // their squares are exact: the exponential's own error is all
    const expected = each(x.length, (i) => x[i]! * normalCdf(x[i]!));
    expect(largestRelativeError(await valuesAt(x), expected)).toBeLessThan(backend.tolerance.geluTail);
  });

  test("carries NaN and infinity as the composite form does on cpu, forward and backward", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 11 }),
      ...[fc.nat(1), fc.nat()],
      fc.constantFrom(...NOT_FINITE),
      async (size, which, at, bad) => {
        const inputs = spoil([plain([size], 1), plain([size], 2)], which, at, bad);
        expect(await differenceFromCpu(backend.name, (x) => gelu(x!), inputs, backend)).toBeLessThan(
          TOLERANCE,
        );
      },
    );
    await fc.assert(property, { numRuns: backend.runs });
  });
}
