import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import {
  centralDifferences,
  differenceFromCpu,
  dot,
  each,
  largestMixedError,
  NOT_FINITE,
  noise,
  normalCdf,
  normalDensity,
  outputsOfSync,
  plain,
  spoil,
} from "test-kit";
import { startWasm } from "test-kit/backends";
import { gelu } from "vit-blocks";
import { beforeAll, describe, expect, test } from "vitest";

/** Φ within 4e-7, times numbers up to 14. */
const TOLERANCE = 2e-6;

beforeAll(startWasm);

const values = (x: Float32Array) => outputsOfSync("Gelu", { x: tf.tensor1d(x) })[0]!;

describe("Gelu", () => {
  test("agrees with float64, forward and backward, for any number of numbers, also none", () => {
    fc.assert(
      fc.property(fc.nat(40), fc.constantFrom(1, 4, 14), fc.nat(1000), (size, range, seed) => {
        const x = noise(size, seed).map((value) => range * value);
        const dy = noise(size, seed + 1);
        const y = each(size, (i) => x[i]! * normalCdf(x[i]!));
        const dx = each(size, (i) => dy[i]! * (normalCdf(x[i]!) + x[i]! * normalDensity(x[i]!)));
        expect(largestMixedError(values(x), y)).toBeLessThan(TOLERANCE);
        const [actual] = outputsOfSync("GeluGrad", { x: tf.tensor1d(x), dy: tf.tensor1d(dy) });
        expect(largestMixedError(actual!, dx)).toBeLessThan(TOLERANCE);
      }),
      { numRuns: 100 },
    );
  });

  test("is x · Φ(x), from Python", () => {
    // x * 0.5 * math.erfc(-x / math.sqrt(2)).
    const y = values(Float32Array.of(-12, -6, -3, -1, -0.5, 0, 1));
    const expected = [
      0, -5.919525872248304e-9, -0.0040496940948775, -0.15865525393145707, -0.15426876936299344,
    ];
    expect(largestMixedError(y, [...expected, 0, 0.8413447460685429])).toBeLessThan(1e-6);
  });

  test("keeps its relative accuracy in the lower tail", () => {
    const x = Float32Array.of(-2, -4, -8, -12);
    // 1e-6: the squares of these x are exact, so that the exponential's own error is all.
    for (const [i, y] of values(x).entries()) {
      expect(Math.abs(y / (x[i]! * normalCdf(x[i]!)) - 1)).toBeLessThan(1e-6);
    }
  });

  test("has the slopes of central differences", () => {
    const [x, dy] = [noise(9, 1).map((value) => 3 * value), noise(9, 2)];
    const [actual] = outputsOfSync("GeluGrad", { x: tf.tensor1d(x), dy: tf.tensor1d(dy) });
    // Steps of 1e-2: float32 values off by 1e-7, and a cubic term.
    expect(
      largestMixedError(
        actual!,
        centralDifferences((moved) => dot(values(moved), dy), x),
      ),
    ).toBeLessThan(2e-4);
  });

  test("carries NaN and infinity as the composite form does on cpu, forward and backward", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 11 }),
      ...[fc.nat(1), fc.nat()],
      fc.constantFrom(...NOT_FINITE),
      async (size, which, at, bad) => {
        const inputs = spoil([plain([size], 1), plain([size], 2)], which, at, bad);
        expect(await differenceFromCpu("wasm", (x) => gelu(x!), inputs)).toBeLessThan(TOLERANCE);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });
});
