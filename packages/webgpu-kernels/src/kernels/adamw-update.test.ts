import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { each, largestMixedError, NOT_FINITE, noise, outputsOf, valuesOf } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { adamWUpdate } from "tfjs-optim";
import { describe, expect, test } from "vitest";

const ATTRIBUTES = { beta1: 0.9, beta2: 0.999, stepSize: 3e-3, epsilon: 1e-7 };
/** A few roundings of numbers around 1, WGSL's division and square root among them. */
const TOLERANCE = 2e-6;

const missing = await startWebGpu();

/** Value, m ≥ 0, v ≥ 0 and gradient of one tensor. */
function parameter(size: number, seed: number): Float32Array[] {
  return [0, 1, 2, 3].map((i) => noise(size, seed + i).map((x) => (i === 2 ? Math.abs(x) : x)));
}

describe.skipIf(missing)(`AdamWUpdate${missing ? ` (skipped: ${missing})` : ""}`, () => {
  test("agrees with float64 for any number of tensors of any size", async () => {
    const property = fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 6 }),
      fc.nat(1000),
      async (sizes, seed) => {
        const states = sizes.map((size, i) => parameter(size, seed + 7 * i));
        const decays = sizes.map((_, i) => (i % 2) * 0.01);
        const inputs = states.flat().map((x) => tf.tensor1d(x));
        const outputs = await outputsOf("AdamWUpdate", inputs, { ...ATTRIBUTES, decays });
        states.forEach(([value, m, v, g], i) => {
          const { beta1, beta2, stepSize, epsilon } = ATTRIBUTES;
          const m2 = each(sizes[i]!, (j) => beta1 * m![j]! + (1 - beta1) * g![j]!);
          const v2 = each(sizes[i]!, (j) => beta2 * v![j]! + (1 - beta2) * g![j]! ** 2);
          const value2 = each(
            sizes[i]!,
            (j) => (1 - decays[i]!) * value![j]! - (stepSize * m2[j]!) / (Math.sqrt(v2[j]!) + epsilon),
          );
          expect(largestMixedError(outputs[3 * i]!, value2)).toBeLessThan(TOLERANCE);
          expect(largestMixedError(outputs[3 * i + 1]!, m2)).toBeLessThan(TOLERANCE);
          expect(largestMixedError(outputs[3 * i + 2]!, v2)).toBeLessThan(TOLERANCE);
        });
      },
    );
    await fc.assert(property, { numRuns: 30 });
  });

  test("carries NaN, infinity and zero as the composite form does on cpu", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 11 }),
      ...[fc.nat(3), fc.nat(), fc.nat(1000)],
      fc.constantFrom(...NOT_FINITE, 0),
      async (size, which, at, seed, bad) => {
        const state = parameter(size, seed);
        state[which]![at % size] = bad;
        const on = async (backend: string) => {
          await tf.setBackend(backend);
          const [value, m, v, gradient] = state.map((x) => tf.tensor1d(x)) as [tf.Tensor, ...tf.Tensor[]];
          const parameters = [{ value, m: m!, v: v!, gradient: gradient!, decays: true }];
          const next = adamWUpdate(parameters, { ...ATTRIBUTES, decay: 0.01 })[0]!;
          tf.dispose([value, m!, v!, gradient!]);
          return valuesOf([next.value, next.m, next.v]);
        };
        const expected = await on("cpu");
        const actual = await on("webgpu");
        actual.forEach((values, i) => {
          expect(largestMixedError(values, expected[i]!)).toBeLessThan(TOLERANCE);
        });
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });

  test("overwrites moments that it alone holds, read before or not, and copies those that another tensor shares", async () => {
    const [value, m, v, gradient] = parameter(9, 1).map((x) => tf.tensor1d(x)) as tf.Tensor1D[];
    const kept = tf.reshape(m!, [3, 3]); // shares m's data, as tf.clone does
    const before = (await kept.data()).slice();
    const [valueBefore, vBefore] = [(await value!.data()).slice(), (await v!.data()).slice()];
    const inputs = [value!, m!, v!, gradient!] as unknown as tf.NamedTensorMap;
    const next = tf
      .engine()
      .runKernel("AdamWUpdate", inputs, { ...ATTRIBUTES, decays: [0.1] }) as tf.Tensor[];
    expect(next.map(({ dataId }, i) => dataId === [value, m, v][i]!.dataId)).toEqual([false, false, true]);
    expect(await kept.data()).toEqual(before);
    expect(await value!.data()).toEqual(valueBefore);
    tf.dispose([value!, m!, v!, gradient!, kept]);
    const [, , v2] = await valuesOf(next); // the old v's disposal left it alone
    const g = parameter(9, 1)[3]!;
    expect(
      largestMixedError(
        v2!,
        each(9, (i) => 0.999 * vBefore[i]! + 0.001 * g[i]! ** 2),
      ),
    ).toBeLessThan(TOLERANCE);
  });
});
