import * as tf from "@tensorflow/tfjs-core";
import { softmaxCrossEntropy } from "distill-trainer";
import fc from "fast-check";
import {
  differenceFromCpu,
  each,
  largestMixedError,
  NOT_FINITE,
  noise,
  outputsOf,
  plain,
  spoil,
  total,
} from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { describe, expect, test } from "vitest";

/** float32 exponentials, and sums of up to 140 of them. */
const TOLERANCE = 1e-5;

const missing = await startWebGpu();

function logSumExp(x: Float32Array, first: number, classes: number): number {
  return Math.log(total(classes, (c) => Math.exp(x[first + c]!)));
}

describe.skipIf(missing)(`SoftmaxCrossEntropy${missing ? ` (skipped: ${missing})` : ""}`, () => {
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
        const loss = each(rows, (r) =>
          total(
            classes,
            (c) => t[r * classes + c]! * (logSumExp(x, r * classes, classes) - x[r * classes + c]!),
          ),
        );
        const dx = each(rows * classes, (at) => {
          const first = at - (at % classes);
          const p = Math.exp(x[at]! - logSumExp(x, first, classes));
          return (p * total(classes, (c) => t[first + c]!) - t[at]!) * dy[first / classes]!;
        });
        const inputs = () => ({
          targets: tf.tensor2d(t, [rows, classes]),
          logits: tf.tensor2d(x, [rows, classes]),
        });
        const [value] = await outputsOf("SoftmaxCrossEntropy", inputs());
        expect(largestMixedError(value!, loss)).toBeLessThan(TOLERANCE);
        const [slopes] = await outputsOf("SoftmaxCrossEntropyGrad", { ...inputs(), dy: tf.tensor1d(dy) });
        expect(largestMixedError(slopes!, dx)).toBeLessThan(TOLERANCE);
      },
    );
    await fc.assert(property, { numRuns: 40 });
  });

  test.each([4, 20])("keeps the digits of a small loss: logits %d and 0", async (logit) => {
    const inputs = { targets: tf.tensor2d([[1, 0]]), logits: tf.tensor2d([[logit, 0]]) };
    const [loss] = await outputsOf("SoftmaxCrossEntropy", inputs);
    expect(loss![0]! / Math.log1p(Math.exp(-logit))).toBeCloseTo(1, 5);
  });

  test("takes targets that tfjs has cast to float32 and keeps as integers", async () => {
    const targets = tf.cast(tf.oneHot(tf.tensor1d([1], "int32"), 2, 1, 0, "int32"), "float32");
    const [loss] = await outputsOf("SoftmaxCrossEntropy", { targets, logits: tf.tensor2d([[0, 1]]) });
    expect(loss![0]).toBeCloseTo(Math.log1p(Math.exp(-1)), 6);
  });

  test("is the number of classes' logarithm where all logits are one number", async () => {
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
        // One-hot, so that 0 meets the infinities; a target is a share: of what is not finite it can be NaN only.
        const targets = Float32Array.from({ length: rows * classes }, (_, i) => Number(i % classes === 0));
        if (inTargets) targets[at % targets.length] = Number.NaN;
        const op = (logits: tf.Tensor) =>
          softmaxCrossEntropy(tf.tensor2d(targets, [rows, classes]), logits as tf.Tensor2D);
        expect(await differenceFromCpu("webgpu", op, inputs)).toBeLessThan(TOLERANCE);
      },
    );
    await fc.assert(property, { numRuns: 60 });
  });
});
