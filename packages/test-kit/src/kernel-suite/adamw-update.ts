import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { runKernel } from "kernel-contract";
import { adamWUpdate } from "tfjs-optim";
import { expect, test } from "vitest";
import { differenceOf, NOT_FINITE, outputsOf, valuesOf } from "../kernels.ts";
import { largestMixedError } from "../numbers/errors.ts";
import { each } from "../numbers/float64.ts";
import { noise } from "../numbers/noise.ts";
import type { TestedBackend } from "./tested-backend.ts";

const ATTRIBUTES = { beta1: 0.9, beta2: 0.999, stepSize: 3e-3, epsilon: 1e-7 };

/** Value, m, v ≥ 0 and gradient of one tensor. */
function parameter(size: number, seed: number): Float32Array[] {
  return [0, 1, 2, 3].map((i) => noise(size, seed + i).map((x) => (i === 2 ? Math.abs(x) : x)));
}

/** The formulas: the next value, m and v. */
function reference([value, m, v, g]: readonly Float32Array[], decay: number): Float64Array[] {
  const { beta1, beta2, stepSize, epsilon } = ATTRIBUTES;
  const size = value!.length;
  const m2 = each(size, (j) => beta1 * m![j]! + (1 - beta1) * g![j]!);
  const v2 = each(size, (j) => beta2 * v![j]! + (1 - beta2) * g![j]! ** 2);
  const value2 = each(
    size,
    (j) => (1 - decay) * value![j]! - (stepSize * m2[j]!) / (Math.sqrt(v2[j]!) + epsilon),
  );
  return [value2, m2, v2];
}

export function adamWUpdateTests(backend: TestedBackend): void {
  const { adamW: tolerance, adamWOnCpu } = backend.tolerance;

  test("agrees with float64 for any number of tensors of any size", async () => {
    const property = fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 600 }), { maxLength: 6 }),
      fc.nat(1000),
      async (sizes, seed) => {
        const states = sizes.map((size, i) => parameter(size, seed + 7 * i));
        const decays = sizes.map((_, i) => (i % 2) * 0.01);
        const inputs = states.flat().map((x) => tf.tensor1d(x));
        const outputs = await outputsOf("AdamWUpdate", inputs, { ...ATTRIBUTES, decays });
        const expected = states.flatMap((state, i) => reference(state, decays[i]!));
        expect(outputs.length).toBe(expected.length);
        for (const [i, values] of outputs.entries())
          expect(largestMixedError(values, expected[i]!)).toBeLessThan(tolerance);
      },
    );
    await fc.assert(property, { numRuns: backend.runs });
  });

  test("carries NaN, infinity and zero as the composite form does on cpu", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 11 }),
      ...[fc.nat(3), fc.nat(), fc.nat(1000)],
      fc.constantFrom(...NOT_FINITE, 0),
      async (size, which, at, seed, bad) => {
        // TensorFlow's m + (g − m) · (1 − β₁) makes an infinite moment NaN, and with it the value.
        fc.pre(backend.keepsInfinities || which === 0 || which === 3 || Math.abs(bad) !== Infinity);
        const state = parameter(size, seed);
        state[which]![at % size] = bad;
        const on = async (name: string) => {
          await tf.setBackend(name);
          const [value, m, v, gradient] = state.map((x) => tf.tensor1d(x)) as [tf.Tensor, ...tf.Tensor[]];
          const parameters = [{ value, m: m!, v: v!, gradient: gradient!, decays: true }];
          const next = adamWUpdate(parameters, { ...ATTRIBUTES, decay: 0.01 })[0]!;
          tf.dispose([value, m!, v!, gradient!]);
          return valuesOf([next.value, next.m, next.v]);
        };
        const expected = await on("cpu");
        const actual = await on(backend.name);
        for (const [i, values] of actual.entries())
          expect(differenceOf(values, expected[i]!, backend)).toBeLessThanOrEqual(adamWOnCpu);
      },
    );
    await fc.assert(property, { numRuns: backend.runs });
  });

  test("leaves values and shared moments as they were, and outlives the moments that it was given", async () => {
    const state = parameter(9, 1);
    const [value, m, v, gradient] = state.map((x) => tf.tensor1d(x)) as [tf.Tensor, ...tf.Tensor[]];
    const kept = tf.reshape(m!, [3, 3]); // shares m's data, as tf.clone does
    await Promise.all([value, v!].map((x) => x.data())); // read before or not
    const next = runKernel("AdamWUpdate", [value, m!, v!, gradient!], { ...ATTRIBUTES, decays: [0.1] });
    const { reusesMoments } = backend;
    const reused = next.map(({ dataId }, i) => dataId === [value, m!, v!][i]!.dataId);
    expect(reused).toEqual([false, false, reusesMoments]);
    expect(await kept.data()).toEqual(state[1]);
    expect(await value.data()).toEqual(state[0]);
    tf.dispose([value, m!, v!, gradient!, kept]);
    const expected = reference(state, 0.1);
    for (const [i, values] of (await valuesOf(next)).entries())
      expect(largestMixedError(values, expected[i]!)).toBeLessThan(tolerance);
  });
}
