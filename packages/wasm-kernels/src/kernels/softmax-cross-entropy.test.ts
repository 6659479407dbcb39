import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { each, largestError, noise, outputsOf, startForTest, total } from "../testing.ts";

/** float32 exponentials; sums in float64. */
const TOLERANCE = 2e-6;

beforeAll(startForTest);

function logSumExp(x: Float32Array, first: number, classes: number): number {
  return Math.log(total(classes, (c) => Math.exp(x[first + c]!)));
}

describe("SoftmaxCrossEntropy", () => {
  test("agrees with float64, forward and backward, for random shapes", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(1000),
        (rows, classes, seed) => {
          const x = noise(rows * classes, seed).map((value) => 5 * value);
          const t = noise(rows * classes, seed + 1).map(Math.abs); // mass of any size
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
          expect(largestError(outputsOf("SoftmaxCrossEntropy", inputs())[0]!, loss)).toBeLessThan(TOLERANCE);
          const [actual] = outputsOf("SoftmaxCrossEntropyGrad", { ...inputs(), dy: tf.tensor1d(dy) });
          expect(largestError(actual!, dx)).toBeLessThan(TOLERANCE);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("keeps the digits of a small loss, which float32 sums lose", () => {
    const inputs = { targets: tf.tensor2d([[1, 0]]), logits: tf.tensor2d([[20, 0]]) };
    const [loss] = outputsOf("SoftmaxCrossEntropy", inputs);
    expect(loss![0]! / Math.log1p(Math.exp(-20))).toBeCloseTo(1, 5);
  });

  test("is NaN for a row with NaN, and for that row alone", () => {
    const inputs = {
      targets: tf.tensor2d([
        [1, 0],
        [0, 1],
      ]),
      logits: tf.tensor2d([
        [NaN, 0],
        [1, 1],
      ]),
    };
    const [loss] = outputsOf("SoftmaxCrossEntropy", inputs);
    expect([...loss!].map((value) => value.toFixed(4))).toEqual(["NaN", "0.6931"]);
  });
});
