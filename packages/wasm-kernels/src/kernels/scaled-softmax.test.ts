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
  outputsOfSync,
  plain,
  spoil,
  total,
  valuesOn,
} from "test-kit";
import { startWasm } from "test-kit/backends";
import { scaledSoftmax } from "vit-blocks";
import { beforeAll, describe, expect, test } from "vitest";

/** float32 sums of up to 70 numbers. */
const TOLERANCE = 1e-5;

beforeAll(startWasm);

function reference(x: ArrayLike<number>, rows: number, dim: number, scale: number): Float64Array {
  return each(rows * dim, (at) => {
    const first = at - (at % dim);
    const top = Math.max(...Array.from({ length: dim }, (_, i) => scale * x[first + i]!));
    return Math.exp(scale * x[at]! - top) / total(dim, (i) => Math.exp(scale * x[first + i]! - top));
  });
}

describe("ScaledSoftmax", () => {
  test("agrees with float64, forward and backward, for random shapes and scales", () => {
    const side = fc.integer({ min: 0, max: 6 });
    const width = fc.integer({ min: 1, max: 70 });
    const scales = fc.constantFrom(1, 0.125, -3, 20);
    fc.assert(
      fc.property(side, width, scales, fc.nat(1000), (rows, dim, scale, seed) => {
        const x = noise(rows * dim, seed);
        const dy = noise(rows * dim, seed + 1);
        const y = reference(x, rows, dim, scale);
        const dx = each(rows * dim, (at) => {
          const first = at - (at % dim);
          return scale * y[at]! * (dy[at]! - total(dim, (i) => dy[first + i]! * y[first + i]!));
        });
        const shape: [number, number] = [rows, dim];
        const [actual] = outputsOfSync("ScaledSoftmax", { x: tf.tensor2d(x, shape) }, { scale });
        expect(largestMixedError(actual!, y)).toBeLessThan(TOLERANCE);
        const inputs = { y: tf.tensor2d(Float32Array.from(y), shape), dy: tf.tensor2d(dy, shape) };
        expect(largestMixedError(outputsOfSync("ScaledSoftmaxGrad", inputs, { scale })[0]!, dx)).toBeLessThan(
          TOLERANCE,
        );
      }),
      { numRuns: 100 },
    );
  });

  test("has the slopes of central differences", () => {
    const [x, dy] = [noise(10, 1), noise(10, 2)];
    const matrix = (values: ArrayLike<number>) => tf.tensor2d(Float32Array.from(values), [2, 5]);
    const y = (moved: Float32Array) =>
      outputsOfSync("ScaledSoftmax", { x: matrix(moved) }, { scale: 1.5 })[0]!;
    const [dx] = outputsOfSync("ScaledSoftmaxGrad", { y: matrix(y(x)), dy: matrix(dy) }, { scale: 1.5 });
    // Steps of 1e-2: float32 values off by 1e-7, and a cubic term.
    expect(
      largestMixedError(
        dx!,
        centralDifferences((moved) => dot(y(moved), dy), x),
      ),
    ).toBeLessThan(2e-4);
  });

  test("carries them as the composite form does on cpu, forward and backward", async () => {
    const property = fc.asyncProperty(
      ...[fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 11 })],
      ...[fc.nat(1), fc.nat()],
      fc.constantFrom(...NOT_FINITE),
      async (rows, dim, which, at, bad) => {
        const inputs = spoil([plain([rows, dim], 1), plain([rows, dim], 2)], which, at, bad);
        expect(await differenceFromCpu("wasm", (x) => scaledSoftmax(x!, 0.5), inputs)).toBeLessThan(
          TOLERANCE,
        );
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  test("carries NaN and infinity as cpu does", async () => {
    const x = noise(5 * 9, 2);
    [x[3], x[9 + 8], x[18 + 1], x[27 + 8]] = [
      Number.NaN,
      Number.POSITIVE_INFINITY,
      Number.NEGATIVE_INFINITY,
      NaN,
    ];
    x.fill(Number.NEGATIVE_INFINITY, 36);
    const expected = await valuesOn("cpu", () => tf.softmax(tf.tensor2d(x, [5, 9])));
    const [actual] = outputsOfSync("ScaledSoftmax", { x: tf.tensor2d(x, [5, 9]) }, { scale: 1 });
    expect(largestMixedError(actual!, expected)).toBeLessThan(TOLERANCE);
  });
});
