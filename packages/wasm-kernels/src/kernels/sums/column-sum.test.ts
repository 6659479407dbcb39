import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import {
  each,
  largestMixedError,
  largestRelativeError,
  noise,
  positiveNoise,
  total,
  valuesOn,
} from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";

/** float32 sums of up to 70 numbers. */
const TOLERANCE = 1e-5;

beforeAll(startWasm);

describe("Sum and Mean", () => {
  test("over rows agree with float64 for random shapes", () => {
    const side = fc.integer({ min: 1, max: 70 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 }), side, side, fc.nat(1000), (outer, rows, columns, seed) => {
        const x = noise(outer * rows * columns, seed);
        const sums = each(outer * columns, (at) => {
          const [o, c] = [Math.floor(at / columns), at % columns];
          return total(rows, (r) => x[(o * rows + r) * columns + c]!);
        });
        const on = (f: (v: tf.Tensor) => tf.Tensor) =>
          tf.tidy(() => f(tf.tensor3d(x, [outer, rows, columns])).dataSync());
        expect(
          largestMixedError(
            on((v) => tf.sum(v, 1)),
            sums,
          ),
        ).toBeLessThan(TOLERANCE);
        expect(
          largestMixedError(
            on((v) => tf.mean(v, 1)),
            sums.map((s) => s / rows),
          ),
        ).toBeLessThan(TOLERANCE);
      }),
      { numRuns: 100 },
    );
  });

  test.each([[[0]], [[0, 1]], [[1, 2]], [[-2]], [[0, 2]], [[3]], [undefined]])(
    "agree with cpu over axes %j, kept and not",
    async (axes) => {
      for (const keep of [false, true]) {
        for (const reduce of [tf.sum, tf.mean]) {
          const shapes: number[][] = [];
          const compute = () => {
            const y = reduce(tf.tensor4d(noise(2 * 3 * 5 * 7, 1), [2, 3, 5, 7]), axes, keep);
            shapes.push(y.shape);
            return y;
          };
          const difference = largestMixedError(
            await valuesOn("wasm", compute),
            await valuesOn("cpu", compute),
          );
          expect(difference).toBeLessThan(TOLERANCE);
          expect(shapes[0]).toEqual(shapes[1]);
        }
      }
    },
  );

  test("leave int32 to tfjs and carry NaN and infinity", () => {
    expect([
      ...tf
        .sum(
          tf.tensor2d(
            [
              [1, 2],
              [3, 4],
            ],
            [2, 2],
            "int32",
          ),
          0,
        )
        .dataSync(),
    ]).toEqual([4, 6]);
    const x = tf.tensor2d([
      [1, Number.NaN, Infinity],
      [2, 1, 1],
      [3, 1, -Infinity],
    ]);
    expect([...tf.sum(x, 0).dataSync()]).toEqual([6, Number.NaN, Number.NaN]);
  });

  test("of no rows are 0 and NaN", () => {
    expect([...tf.sum(tf.zeros([0, 2]), 0).dataSync()]).toEqual([0, 0]);
    expect([...tf.mean(tf.zeros([0, 2]), 0).dataSync()]).toEqual([Number.NaN, Number.NaN]);
  });
});

test("sums, means and variances of 2.4 million numbers keep float32's digits over any axes", () => {
  const [rows, columns] = [300_000, 8];
  const x = positiveNoise(rows * columns, 7);
  const all = total(x.length, (i) => x[i]!);
  const mean = all / x.length;
  const variance = total(x.length, (i) => (x[i]! - mean) ** 2) / x.length;
  const byColumn = each(columns, (c) => total(rows, (r) => x[r * columns + c]!));
  const on = (f: (v: tf.Tensor) => tf.Tensor, shape: number[]) =>
    tf.tidy(() => f(tf.tensor(x, shape)).dataSync());
  for (const shape of [[x.length], [rows, columns], [columns, rows]]) {
    expect(
      largestRelativeError(
        on((v) => tf.sum(v), shape),
        [all],
      ),
    ).toBeLessThan(1e-6);
    expect(
      largestRelativeError(
        on((v) => tf.mean(v), shape),
        [mean],
      ),
    ).toBeLessThan(1e-6);
    expect(
      largestRelativeError(
        on((v) => tf.moments(v).variance, shape),
        [variance],
      ),
    ).toBeLessThan(1e-6);
  }
  expect(
    largestRelativeError(
      on((v) => tf.sum(v, 0), [rows, columns]),
      byColumn,
    ),
  ).toBeLessThan(1e-6);
  expect(
    largestRelativeError(
      on((v) => tf.sum(v, [0, 2]), [600, columns, 500]),
      each(columns, (c) => total(300_000, (i) => x[(Math.floor(i / 500) * columns + c) * 500 + (i % 500)]!)),
    ),
  ).toBeLessThan(1e-6);
  const byRow = each(columns, (c) => total(rows, (r) => x[c * rows + r]!));
  expect(
    largestRelativeError(
      on((v) => tf.sum(v, 1), [columns, rows]),
      byRow,
    ),
  ).toBeLessThan(1e-6);
});
