import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { each, largestMixedError, NOT_FINITE, noise, outputsOfSync } from "test-kit";
import { startWasm } from "test-kit/backends";
import { adamWUpdate } from "tfjs-optim";
import { beforeAll, describe, expect, test } from "vitest";

const ATTRIBUTES = { beta1: 0.9, beta2: 0.999, stepSize: 3e-3, epsilon: 1e-7 };

beforeAll(startWasm);

/** Value, m ≥ 0, v ≥ 0 and gradient of one tensor. */
function parameter(size: number, seed: number): Float32Array[] {
  return [0, 1, 2, 3].map((i) => noise(size, seed + i).map((x) => (i === 2 ? Math.abs(x) : x)));
}

describe("AdamWUpdate", () => {
  test("agrees with float64 for any number of tensors of any size", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 6 }),
        fc.nat(1000),
        (sizes, seed) => {
          const states = sizes.map((size, i) => parameter(size, seed + 7 * i));
          const decays = sizes.map((_, i) => (i % 2) * 0.01);
          const outputs = outputsOfSync(
            "AdamWUpdate",
            states.flat().map((x) => tf.tensor1d(x)),
            { ...ATTRIBUTES, decays },
          );
          states.forEach(([value, m, v, g], i) => {
            const { beta1, beta2, stepSize, epsilon } = ATTRIBUTES;
            const m2 = each(sizes[i]!, (j) => beta1 * m![j]! + (1 - beta1) * g![j]!);
            const v2 = each(sizes[i]!, (j) => beta2 * v![j]! + (1 - beta2) * g![j]! ** 2);
            const value2 = each(
              sizes[i]!,
              (j) => (1 - decays[i]!) * value![j]! - (stepSize * m2[j]!) / (Math.sqrt(v2[j]!) + epsilon),
            );
            // A few roundings of numbers around 1.
            expect(largestMixedError(outputs[3 * i]!, value2)).toBeLessThan(2e-6);
            expect(largestMixedError(outputs[3 * i + 1]!, m2)).toBeLessThan(1e-6);
            expect(largestMixedError(outputs[3 * i + 2]!, v2)).toBeLessThan(1e-6);
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test("is the composite form on cpu bit for bit, NaN and infinity included", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 11 }),
      ...[fc.nat(3), fc.nat(), fc.nat(1000)],
      fc.constantFrom(...NOT_FINITE, 0),
      async (size, which, at, seed, bad) => {
        const state = parameter(size, seed);
        state[which]![at % size] = bad;
        const results: Float32Array[][] = [];
        for (const backend of ["wasm", "cpu"]) {
          await tf.setBackend(backend);
          const [value, m, v, gradient] = state.map((x) => tf.tensor1d(x)) as [tf.Tensor, ...tf.Tensor[]];
          const parameters = [{ value, m: m!, v: v!, gradient: gradient!, decays: true }];
          const next = adamWUpdate(parameters, { ...ATTRIBUTES, decay: 0.01 })[0]!;
          results.push([next.value, next.m, next.v].map((x) => x.dataSync() as Float32Array));
          tf.dispose([value, m!, v!, gradient!, { ...next }]);
        }
        await tf.setBackend("wasm");
        expect(results[0]).toEqual(results[1]);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  test("overwrites moments that it alone holds and copies those that another tensor shares", () => {
    const [value, m, v, gradient] = parameter(9, 1).map((x) => tf.tensor1d(x)) as tf.Tensor1D[];
    const kept = tf.reshape(m!, [3, 3]); // shares m's data, as tf.clone does
    const before = kept.dataSync();
    const valueBefore = value!.dataSync();
    const inputs = [value!, m!, v!, gradient!] as unknown as tf.NamedTensorMap;
    const next = tf
      .engine()
      .runKernel("AdamWUpdate", inputs, { ...ATTRIBUTES, decays: [0.1] }) as tf.Tensor[];
    expect(kept.dataSync()).toEqual(before);
    expect(value!.dataSync()).toEqual(valueBefore);
    expect(next.map(({ dataId }, i) => dataId === [value, m, v][i]!.dataId)).toEqual([false, false, true]);
    tf.dispose([value!, m!, v!, gradient!, kept]);
    expect(next[2]!.dataSync().every(Number.isFinite)).toBe(true); // the old v's disposal left it alone
    tf.dispose(next);
  });
});
