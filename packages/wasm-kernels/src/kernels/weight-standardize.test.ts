import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { each, largestError, noise, outputsOf, startForTest, total } from "../testing.ts";

/** float32 statistics of up to 60 numbers. */
const TOLERANCE = 2e-5;

beforeAll(startForTest);

/** Column c of a matrix with `columns` columns. */
function column(x: ArrayLike<number>, columns: number, c: number): number[] {
  return Array.from({ length: x.length / columns }, (_, r) => x[r * columns + c]!);
}

const meanOf = (x: number[]) => total(x.length, (i) => x[i]!) / x.length;

describe("WeightStandardize", () => {
  test("agrees with float64, forward and backward, for random shapes", () => {
    const side = fc.integer({ min: 2, max: 60 });
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
        const [y, m, r] = outputsOf("WeightStandardize", { w: matrix(w) }, { epsilon });
        for (const [actual, expected] of [
          [y, n],
          [m, mean],
          [r, rstd],
        ] as const) {
          expect(largestError(actual!, expected)).toBeLessThan(TOLERANCE);
        }
        const inputs = { w: matrix(w), mean: tf.tensor1d(m!), rstd: tf.tensor1d(r!), dy: matrix(dy) };
        expect(largestError(outputsOf("WeightStandardizeGrad", inputs)[0]!, dw)).toBeLessThan(TOLERANCE * 10);
      }),
      { numRuns: 60 },
    );
  });

  test("of a constant column is 0 and of one with NaN is NaN, beside others that are neither", () => {
    const w = tf.tensor2d([
      [7, Number.NaN, 1],
      [7, 1, 3],
    ]);
    expect([...outputsOf("WeightStandardize", { w }, { epsilon: 1e-10 })[0]!]).toEqual([
      0,
      NaN,
      -1,
      0,
      NaN,
      1,
    ]);
  });
});
