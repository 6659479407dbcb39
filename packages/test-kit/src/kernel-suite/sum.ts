import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { valuesOf } from "../kernels.ts";
import { largestMixedError, largestRelativeError } from "../numbers/errors.ts";
import { each, total } from "../numbers/float64.ts";
import { noise, positiveNoise } from "../numbers/noise.ts";
import type { TestedBackend } from "./tested-backend.ts";

/** float32 sums of up to 70 numbers. */
const TOLERANCE = 1e-5;

/** Sums over the middle axis. */
function columnSums(x: Float32Array, outer: number, rows: number, columns: number): Float64Array {
  return each(outer * columns, (at) => {
    const [o, c] = [Math.floor(at / columns), at % columns];
    return total(rows, (r) => x[(o * rows + r) * columns + c]!);
  });
}

export function sumTests(backend: TestedBackend): void {
  test("sums and means over rows agree with float64 for random shapes", async () => {
    const side = fc.integer({ min: 1, max: 70 });
    const property = fc.asyncProperty(
      fc.integer({ min: 0, max: 3 }),
      side,
      side,
      fc.nat(1000),
      async (outer, rows, columns, seed) => {
        const x = noise(outer * rows * columns, seed);
        const cube = tf.tensor3d(x, [outer, rows, columns]);
        const [sum, mean] = await valuesOf([tf.sum(cube, 1), tf.mean(cube, 1)]);
        cube.dispose();
        const sums = columnSums(x, outer, rows, columns);
        expect(largestMixedError(sum!, sums)).toBeLessThan(TOLERANCE);
        const means = sums.map((s) => s / rows);
        expect(largestMixedError(mean!, means)).toBeLessThan(TOLERANCE);
      },
    );
    await fc.assert(property, { numRuns: backend.runs });
  });

  test("sums and means over thousands of rows agree with float64", async () => {
    const [rows, columns] = [12_289, 3];
    const x = noise(rows * columns, 4);
    const matrix = tf.tensor2d(x, [rows, columns]);
    const [sum, mean] = await valuesOf([tf.sum(matrix, 0), tf.mean(matrix, 0)]);
    matrix.dispose();
    const sums = columnSums(x, 1, rows, columns);
    expect(largestMixedError(sum!, sums)).toBeLessThan(TOLERANCE);
    const means = sums.map((s) => s / rows);
    expect(largestMixedError(mean!, means)).toBeLessThan(TOLERANCE);
  });

  test.each([
    [1_200_000, 8, 1],
    [1_999, 8, 300],
    [4_095, 1_100, 1],
  ])(
    "sums of %d rows of %d positive numbers, %d times, keep float32's digits",
    async (rows, columns, outer) => {
      const x = positiveNoise(outer * rows * columns, 4);
      const cube = tf.tensor3d(x, [outer, rows, columns]);
      const [sum] = await valuesOf([tf.sum(cube, 1)]);
      cube.dispose();
      expect(largestRelativeError(sum!, columnSums(x, outer, rows, columns))).toBeLessThan(1e-6);
    },
  );

  test.each([[[0]], [[0, 1]], [[1, 2]], [[-2]], [[0, 2]], [[3]], [undefined]])(
    "sums and means agree with cpu over axes %j, kept and not",
    async (axes) => {
      for (const keep of [false, true]) {
        for (const reduce of [tf.sum, tf.mean]) {
          const on = async (name: string) => {
            await tf.setBackend(name);
            const y = tf.tidy(() => reduce(tf.tensor4d(noise(2 * 3 * 5 * 7, 1), [2, 3, 5, 7]), axes, keep));
            return { shape: y.shape, values: (await valuesOf([y]))[0]! };
          };
          const expected = await on("cpu");
          const actual = await on(backend.name);
          expect(largestMixedError(actual.values, expected.values)).toBeLessThan(TOLERANCE);
          expect(actual.shape).toEqual(expected.shape);
        }
      }
    },
  );

  test("leaves int32 to tfjs and carries NaN and infinity", async () => {
    const whole = tf.tensor2d([1, 2, 3, 4], [2, 2], "int32");
    const x = tf.tensor2d([1, Number.NaN, Infinity, 2, 1, 1, 3, 1, -Infinity], [3, 3]);
    const [wholeSums, sums] = await valuesOf([tf.sum(whole, 0), tf.sum(x, 0)]);
    expect([...wholeSums!]).toEqual([4, 6]);
    expect([...sums!]).toEqual([6, Number.NaN, Number.NaN]);
    tf.dispose([whole, x]);
  });

  test("without rows the sum is 0 and the mean NaN", async () => {
    const x = tf.zeros([0, 2]);
    const [sum, mean] = await valuesOf([tf.sum(x, 0), tf.mean(x, 0)]);
    expect([...sum!]).toEqual([0, 0]);
    expect([...mean!]).toEqual([Number.NaN, Number.NaN]);
    x.dispose();
  });
}
