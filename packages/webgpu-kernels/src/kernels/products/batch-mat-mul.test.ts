import * as tf from "@tensorflow/tfjs-core";
import { differenceFromCpu, each, largestMixedError, noise, plain, total, valuesOf } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";
import { meterGpu } from "../../meter.ts";

/** float32 sums of 2,560 products of numbers in [-1, 1), relative to sums of some tens. */
const TOLERANCE = 2e-5;

const missing = await startWebGpu();

describe.skipIf(missing)(`BatchMatMul${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test.each([
    [2376, 20, 12, 1], // in 9 parts, whose products are added up
    [2560, 33, 65, 1],
    [2053, 20, 12, 1], // a prime: the last part is shorter
    [100, 7, 5, 0],
  ])("xᵀ dy of %d tokens, %d × %d, agrees with float64; sums of parts: %d", async (tokens, m, n, sums) => {
    const [x, dy] = [noise(tokens * m, 1), noise(tokens * n, 2)];
    const expected = each(m * n, (at) =>
      total(tokens, (k) => x[k * m + Math.floor(at / n)]! * dy[k * n + (at % n)]!),
    );
    const meter = meterGpu();
    const product = tf.tidy(() => tf.matMul(tf.tensor2d(x, [tokens, m]), tf.tensor2d(dy, [tokens, n]), true));
    meter.stop();
    expect(meter.read().programs.get("SumOfParts") ?? 0).toBe(sums);
    expect(product.shape).toEqual([m, n]);
    const [values] = await valuesOf([product]);
    expect(largestMixedError(values!, expected)).toBeLessThan(TOLERANCE);
  });

  test("the same product is the same to the last bit", async () => {
    const run = async () => {
      const make = (columns: number, seed: number) =>
        tf.tensor2d(noise(2376 * columns, seed), [2376, columns]);
      const [values] = await valuesOf([tf.tidy(() => tf.matMul(make(20, 1), make(12, 2), true))]);
      return values!;
    };
    expect(await run()).toEqual(await run());
  });

  test("value and gradients of a product agree with cpu, with leading ones, transposed or not", async () => {
    const product = (transposeA: boolean, transposeB: boolean) => (a: tf.Tensor, b: tf.Tensor) =>
      tf.matMul(a, b, transposeA, transposeB);
    const dy = plain([1, 9, 7], 3);
    const a = [plain([1, 2304, 9], 1), plain([1, 9, 2304], 1)];
    const b = [plain([1, 2304, 7], 2), plain([1, 7, 2304], 2)];
    for (const [i, transposeA] of [true, false].entries()) {
      for (const [j, transposeB] of [false, true].entries()) {
        const op = product(transposeA, transposeB) as (...inputs: tf.Tensor[]) => tf.Tensor;
        expect(await differenceFromCpu("webgpu", op, [a[i]!, b[j]!, dy])).toBeLessThan(TOLERANCE);
      }
    }
  });

  test("carries NaN and infinity, and frees what it made", async () => {
    await tf.setBackend("webgpu");
    const before = tf.memory().numTensors;
    const buffers = (
      tf.backend() as unknown as { tensorMap: { numDataIds(): number } }
    ).tensorMap.numDataIds();
    const x = noise(2048 * 2, 1);
    x[700] = Number.NaN;
    const [values] = await valuesOf([
      tf.tidy(() => tf.matMul(tf.tensor2d(x, [2048, 2]), tf.tensor2d(noise(2048 * 2, 2), [2048, 2]), true)),
    ]);
    expect([...values!].map(Number.isNaN)).toEqual([true, true, false, false]);
    expect(tf.memory().numTensors).toBe(before);
    expect((tf.backend() as unknown as { tensorMap: { numDataIds(): number } }).tensorMap.numDataIds()).toBe(
      buffers,
    );
  });
});
