import * as tf from "@tensorflow/tfjs-core";
import { softmaxCrossEntropy } from "distill-trainer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { differenceFromCpu, NOT_FINITE, outputsOf, plain, spoil } from "../kernels.ts";
import { largestMixedError } from "../numbers/errors.ts";
import { dot, each, total } from "../numbers/float64.ts";
import { centralDifferences } from "../numbers/gradients.ts";
import { noise } from "../numbers/noise.ts";
import type { TestedBackend } from "./tested-backend.ts";

/** The formulas, one row at a time. */
function reference(t: Float32Array, x: Float32Array, dy: Float32Array, classes: number) {
  const rows = dy.length;
  const logSumExp = each(rows, (r) => Math.log(total(classes, (c) => Math.exp(x[r * classes + c]!))));
  const sums = each(rows, (r) => total(classes, (c) => t[r * classes + c]!));
  const loss = each(rows, (r) =>
    total(classes, (c) => t[r * classes + c]! * (logSumExp[r]! - x[r * classes + c]!)),
  );
  const dx = each(rows * classes, (at) => {
    const r = Math.floor(at / classes);
    return (Math.exp(x[at]! - logSumExp[r]!) * sums[r]! - t[at]!) * dy[r]!;
  });
  return { loss, dx };
}

export function softmaxCrossEntropyTests(backend: TestedBackend): void {
  const tolerance = backend.tolerance.crossEntropy;

  test("agrees with float64, forward and backward, for random shapes", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 0, max: 9 }),
      fc.integer({ min: 1, max: 140 }),
      fc.nat(1000),
      async (rows, classes, seed) => {
        const x = noise(rows * classes, seed).map((value) => 5 * value);
        // Mass of any size up to some units: a smoothed target, one that is not normalized.
        const t = noise(rows * classes, seed + 1).map((value) => Math.abs(value) / Math.sqrt(classes));
        const dy = noise(rows, seed + 2);
        const { loss, dx } = reference(t, x, dy, classes);
        const inputs = () => ({
          targets: tf.tensor2d(t, [rows, classes]),
          logits: tf.tensor2d(x, [rows, classes]),
        });
        const [value] = await outputsOf("SoftmaxCrossEntropy", inputs());
        expect(largestMixedError(value!, loss)).toBeLessThan(tolerance);
        const [slopes] = await outputsOf("SoftmaxCrossEntropyGrad", { ...inputs(), dy: tf.tensor1d(dy) });
        expect(largestMixedError(slopes!, dx)).toBeLessThan(tolerance);
      },
    );
    await fc.assert(property, { numRuns: backend.runs });
  });

  test("the float64 gradient has the slopes of central differences", () => {
    const [t, x, dy] = [noise(6, 1).map(Math.abs), noise(6, 2), noise(2, 3)];
    const slopes = centralDifferences((moved) => dot(reference(t, moved, dy, 3).loss, dy), x);
    // Steps of 1e-2: a cubic term.
    expect(largestMixedError(reference(t, x, dy, 3).dx, slopes)).toBeLessThan(1e-4);
  });

  test.each([4, 20])("keeps the digits of a small loss: logits %d and 0", async (logit) => {
    const inputs = { targets: tf.tensor2d([[1, 0]]), logits: tf.tensor2d([[logit, 0]]) };
    const [loss] = await outputsOf("SoftmaxCrossEntropy", inputs);
    expect(loss![0]! / Math.log1p(Math.exp(-logit))).toBeCloseTo(1, 5);
  });

  test("takes targets that tfjs cast from integers to float32", async () => {
    const targets = tf.cast(tf.oneHot(tf.tensor1d([1], "int32"), 2, 1, 0, "int32"), "float32");
    const [loss] = await outputsOf("SoftmaxCrossEntropy", { targets, logits: tf.tensor2d([[0, 1]]) });
    expect(loss![0]).toBeCloseTo(Math.log1p(Math.exp(-1)), 6);
  });

  test("is the logarithm of the number of classes where all logits are equal", async () => {
    const inputs = { targets: tf.tensor2d([[0, 1, 0, 0]]), logits: tf.fill([1, 4], -50) };
    expect((await outputsOf("SoftmaxCrossEntropy", inputs))[0]![0]).toBeCloseTo(Math.log(4), 6);
  });

  test("carries NaN and infinity as the composite form does on cpu, forward and backward", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 9 }),
      ...[fc.nat(1), fc.nat()],
      fc.constantFrom(...NOT_FINITE),
      fc.boolean(),
      async (rows, classes, which, at, bad, inTargets) => {
        const shapes = [[rows, classes], [rows]];
        const inputs = spoil(
          shapes.map((shape, seed) => plain(shape, seed)),
          which,
          at,
          bad,
        );
        // One-hot, so that 0 meets the infinities; a target that is not finite is NaN, as a share is.
        const targets = Float32Array.from({ length: rows * classes }, (_, i) => Number(i % classes === 0));
        if (inTargets) targets[at % targets.length] = Number.NaN;
        const op = (logits: tf.Tensor) =>
          softmaxCrossEntropy(tf.tensor2d(targets, [rows, classes]), logits as tf.Tensor2D);
        expect(await differenceFromCpu(backend.name, op, inputs, backend)).toBeLessThan(tolerance);
      },
    );
    await fc.assert(property, { numRuns: backend.runs });
  });

  test("is NaN for a row with NaN, and for that row alone", async () => {
    const targets = tf.tensor2d([1, 0, 0, 1], [2, 2]);
    const logits = tf.tensor2d([Number.NaN, 0, 1, 1], [2, 2]);
    const [loss] = await outputsOf("SoftmaxCrossEntropy", { targets, logits });
    expect([...loss!].map((value) => value.toFixed(4))).toEqual(["NaN", "0.6931"]);
  });
}
