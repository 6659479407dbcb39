import * as tf from "@tensorflow/tfjs-core";
import { each, noise, outputsOf, total, valuesOf } from "test-kit";
import { startHalfWebGpu } from "test-kit/backends";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { currentWebGpuBackend } from "../../host.ts";
import { installWebGpuKernels } from "../../install.ts";
import { tuneWebGpuKernels } from "../../tune/tune-kernels.ts";
import { TILES } from "./tile.ts";
import { chooseTile, shapesOn } from "./tile-choice.ts";

/**
 * Half precision's 2^-11 for both factors and for sums of 16, of some thousand sums the largest, in standard deviations of a sum of
 * products of numbers in [-1, 1).
 */
const TOLERANCE = 4e-3;

const missing = await startHalfWebGpu();

const of = (shape: number[], seed: number, factor = 1) =>
  tf.tensor(
    noise(tf.util.sizeFromShape(shape), seed).map((x) => x * factor),
    shape,
  );

/** The largest difference, in standard deviations of a sum of that many products. */
function errorOf(got: ArrayLike<number>, expected: ArrayLike<number>, inner: number): number {
  const largest = each(got.length, (i) => Math.abs(got[i]! - expected[i]!)).reduce(
    (a, b) => Math.max(a, b),
    0,
  );
  return largest / (Math.sqrt(inner) / 3);
}

async function product(
  a: tf.Tensor,
  b: tf.Tensor,
  [transposeA, transposeB] = [false, false],
): Promise<Float32Array> {
  const y = tf.matMul(a, b, transposeA, transposeB);
  tf.dispose([a, b]);
  return (await valuesOf([y]))[0]!;
}

describe.skipIf(missing)(`products in mixed_float16${missing ? ` (skipped: ${missing})` : ""}`, () => {
  beforeAll(() => void installWebGpuKernels({ precision: "mixed_float16" }));
  afterAll(() => void installWebGpuKernels({ precision: "float32" }));

  test.each([
    { rows: 132, columns: 68, inner: 36, transposeA: false, transposeB: true, everyTile: true },
    { rows: 132, columns: 68, inner: 2084, transposeA: true, transposeB: false }, // in parts
    { rows: 129, columns: 66, inner: 35, transposeA: true, transposeB: true }, // not in vectors of four
    { rows: 5, columns: 3, inner: 2, transposeA: false, transposeB: false },
  ])("agree with float64 to half precision: %j", async ({ everyTile, ...sides }) => {
    const { rows, columns, inner, transposeA, transposeB } = sides;
    const [a, b] = [noise(rows * inner, 1), noise(inner * columns, 2)];
    const expected = each(rows * columns, (at) => {
      const [i, j] = [Math.floor(at / columns), at % columns];
      return total(
        inner,
        (k) =>
          a[transposeA ? k * rows + i : i * inner + k]! * b[transposeB ? j * inner + k : k * columns + j]!,
      );
    });
    const run = () =>
      product(
        of(transposeA ? [inner, rows] : [rows, inner], 1),
        of(transposeB ? [columns, inner] : [inner, columns], 2),
        [transposeA, transposeB],
      );
    const error = errorOf(await run(), expected, inner);
    expect(error).toBeLessThan(TOLERANCE);
    expect(error).toBeGreaterThan(1e-6); // it is not float32
    const { device } = currentWebGpuBackend();
    for (const tile of everyTile ? TILES : []) {
      for (const { shape } of [...shapesOn(device).values()])
        chooseTile(device, shape, { tile, time: 1, defaultTime: 1 });
      expect(errorOf(await run(), expected, inner)).toBeLessThan(TOLERANCE);
    }
  });

  test.each([2 ** -70, 2 ** 40])(
    "times %d are the same bits, though half precision ends far before",
    async (factor) => {
      const once = await product(of([70, 50], 1), of([50, 40], 2));
      const scaled = await product(of([70, 50], 1, factor), of([50, 40], 2));
      expect(scaled).toEqual(once.map((value) => value * factor));
    },
  );

  test("of rows that grow keep what was added up before", async () => {
    // The exponent that a workgroup's values share grows by a thousand in each block of 16.
    const a = noise(64, 1).map((x, k) => x * 1000 ** Math.floor(k / 16));
    const b = noise(64, 2);
    const [value] = await product(tf.tensor2d(a, [1, 64]), tf.tensor2d(b, [64, 1]));
    const expected = total(64, (k) => a[k]! * b[k]!);
    expect(Math.abs(value! / expected - 1)).toBeLessThan(TOLERANCE);
    const [zero] = await product(tf.zeros([1, 64]), of([64, 1], 2));
    expect(zero).toBe(0);
  });

  test("of whole numbers that half precision has are exact", async () => {
    const values = await product(tf.fill([40, 2000], 3), tf.fill([2000, 40], 5));
    expect(new Set(values)).toEqual(new Set([30_000]));
  });

  test("carry NaN and infinity, and no other row takes harm", async () => {
    const a = noise(8 * 64, 1);
    const finite = await product(tf.tensor2d(a, [8, 64]), tf.ones([64, 8]));
    a[3 * 64 + 20] = Number.NaN;
    a[5 * 64 + 40] = Number.POSITIVE_INFINITY;
    const values = await product(tf.tensor2d(a, [8, 64]), tf.ones([64, 8]));
    for (let row = 0; row < 8; row++) {
      const got = [...values.subarray(8 * row, 8 * row + 8)];
      if (row === 3) expect(got.every(Number.isNaN)).toBe(true);
      else if (row === 5) expect(got).toEqual(Array(8).fill(Number.POSITIVE_INFINITY));
      else expect(got).toEqual([...finite.subarray(8 * row, 8 * row + 8)]);
    }
  });

  test("are timed apart from those in float32", async () => {
    const run = () => product(of([1024, 128], 1), of([128, 256], 2));
    const before = await run();
    const { products } = await tuneWebGpuKernels();
    expect(products.filter(({ rows }) => rows === 1024)).toMatchObject([{ precision: "mixed_float16" }]);
    expect(errorOf(await run(), before, 128)).toBeLessThan(TOLERANCE); // another tile, other roundings
  });

  test("and a bias' gradient, of tiny gradients, agree with float64", async () => {
    const [rows, width, outputs] = [2500, 12, 20];
    const tiny = 1e-9; // half precision's smallest is 6e-8
    const [x, dy] = [noise(rows * width, 1), noise(rows * outputs, 3).map((v) => v * tiny)];
    const inputs = {
      x: of([rows, width], 1),
      kernel: of([width, outputs], 2),
      dy: of([rows, outputs], 3, tiny),
    };
    const [, dkernel, dbias] = await outputsOf("LinearGrad", inputs);
    const ofKernel = each(width * outputs, (at) =>
      total(rows, (r) => x[r * width + Math.floor(at / outputs)]! * dy[r * outputs + (at % outputs)]!),
    );
    const ofBias = each(outputs, (c) => total(rows, (r) => dy[r * outputs + c]!));
    const inUnits = (values: ArrayLike<number>) => each(values.length, (i) => values[i]! / tiny);
    expect(errorOf(inUnits(dkernel!), inUnits(ofKernel), rows)).toBeLessThan(TOLERANCE);
    expect(errorOf(inUnits(dbias!), inUnits(ofBias), rows)).toBeLessThan(TOLERANCE);
  });
});
