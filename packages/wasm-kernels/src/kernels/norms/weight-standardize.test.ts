import * as tf from "@tensorflow/tfjs-core";
import { weightStandardize } from "bit-teacher";
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
} from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";

/** float32 statistics of up to 60 numbers. */
const TOLERANCE = 2e-5;

beforeAll(startWasm);

/** Column c of a matrix with `columns` columns. */
function column(x: ArrayLike<number>, columns: number, c: number): number[] {
  return Array.from({ length: x.length / columns }, (_, r) => x[r * columns + c]!);
}

const meanOf = (x: number[]) => total(x.length, (i) => x[i]!) / x.length;

describe("WeightStandardize", () => {
  test("agrees with float64, forward and backward, for random shapes", () => {
    const side = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(side, fc.integer({ min: 1, max: 40 }), fc.nat(1000), (rows, columns, seed) => {
        const [w, dy] = [noise(rows * columns, seed), noise(rows * columns, seed + 1)];
        const epsilon = 1e-3;
        const mean = each(columns, (c) => meanOf(column(w, columns, c)));
        const rstd = each(columns, (c) => {
          const squares = column(w, columns, c).map((value) => (value - mean[c]!) ** 2);
          return 1 / Math.sqrt(meanOf(squares) + epsilon);
        });
        const n = each(rows * columns, (i) => (w[i]! - mean[i % columns]!) * rstd[i % columns]!);
        const dw = each(rows * columns, (i) => {
          const c = i % columns;
          const d = column(dy, columns, c);
          const along = meanOf(column(n, columns, c).map((value, r) => value * d[r]!));
          return rstd[c]! * (dy[i]! - meanOf(d) - n[i]! * along);
        });
        const matrix = (values: ArrayLike<number>) => tf.tensor2d(Float32Array.from(values), [rows, columns]);
        const [y, m, r] = outputsOfSync("WeightStandardize", { w: matrix(w) }, { epsilon });
        for (const [actual, expected] of [
          [y, n],
          [m, mean],
          [r, rstd],
        ] as const) {
          expect(largestMixedError(actual!, expected)).toBeLessThan(TOLERANCE);
        }
        const inputs = { w: matrix(w), mean: tf.tensor1d(m!), rstd: tf.tensor1d(r!), dy: matrix(dy) };
        expect(largestMixedError(outputsOfSync("WeightStandardizeGrad", inputs)[0]!, dw)).toBeLessThan(
          TOLERANCE * 10,
        );
      }),
      { numRuns: 60 },
    );
  });

  test("has the slopes of central differences", () => {
    const [w, dy] = [noise(15, 1), noise(15, 2)];
    const matrix = (values: Float32Array) => tf.tensor2d(values, [5, 3]);
    const forward = (moved: Float32Array) =>
      outputsOfSync("WeightStandardize", { w: matrix(moved) }, { epsilon: 1e-3 });
    const [, mean, rstd] = forward(w);
    const statistics = { mean: tf.tensor1d(mean!), rstd: tf.tensor1d(rstd!) };
    const [dw] = outputsOfSync("WeightStandardizeGrad", { w: matrix(w), dy: matrix(dy), ...statistics });
    const slopes = centralDifferences((moved) => dot(forward(moved)[0]!, dy), w);
    expect(largestMixedError(dw!, slopes)).toBeLessThan(2e-3); // steps of 1e-2: a cubic term
  });

  test("carries NaN and infinity as the composite form does on cpu, forward and backward", async () => {
    const [rows, columns] = [fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })];
    const property = fc.asyncProperty(
      ...[rows, columns, fc.nat(1), fc.nat()],
      fc.constantFrom(...NOT_FINITE),
      async (r, c, which, at, bad) => {
        const inputs = spoil([plain([r, c], 1), plain([r, c], 2)], which, at, bad);
        expect(await differenceFromCpu("wasm", (w) => weightStandardize(w!, 1e-2), inputs)).toBeLessThan(
          1e-4,
        );
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  test("of a filter without rows gives none", () => {
    expect(outputsOfSync("WeightStandardize", { w: tf.zeros([0, 3]) }, { epsilon: 1 })[0]).toHaveLength(0);
  });

  test("of a constant column is 0 and of one with NaN is NaN, beside others that are neither", () => {
    const w = tf.tensor2d([
      [7, Number.NaN, 1],
      [7, 1, 3],
    ]);
    expect([...outputsOfSync("WeightStandardize", { w }, { epsilon: 1e-10 })[0]!]).toEqual([
      0,
      NaN,
      -1,
      0,
      NaN,
      1,
    ]);
  });
});
