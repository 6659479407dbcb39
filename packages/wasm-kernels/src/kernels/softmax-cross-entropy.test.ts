import * as tf from "@tensorflow/tfjs-core";
import { softmaxCrossEntropy } from "distill-trainer";
import fc from "fast-check";
import {
  centralDifferences,
  differenceFromCpu,
  dot,
  each,
  largestMixedError,
  NOT_FINITE,
  noise,
  outputsOfSync,
  plain,
  spoil,
  total,
} from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";

/** float32 exponentials; sums in float64. */
const TOLERANCE = 2e-6;

beforeAll(startWasm);

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
          expect(largestMixedError(outputsOfSync("SoftmaxCrossEntropy", inputs())[0]!, loss)).toBeLessThan(
            TOLERANCE,
          );
          const [actual] = outputsOfSync("SoftmaxCrossEntropyGrad", { ...inputs(), dy: tf.tensor1d(dy) });
          expect(largestMixedError(actual!, dx)).toBeLessThan(TOLERANCE);
        },
      ),
      { numRuns: 100 },
    );
  });

  test("keeps the digits of a small loss, which float32 sums lose", () => {
    const inputs = { targets: tf.tensor2d([[1, 0]]), logits: tf.tensor2d([[20, 0]]) };
    const [loss] = outputsOfSync("SoftmaxCrossEntropy", inputs);
    expect(loss![0]! / Math.log1p(Math.exp(-20))).toBeCloseTo(1, 5);
  });

  test("has the slopes of central differences", () => {
    const [t, x, dy] = [noise(6, 1).map(Math.abs), noise(6, 2), noise(2, 3)];
    const matrix = (values: Float32Array) => tf.tensor2d(values, [2, 3]);
    const loss = (moved: Float32Array) =>
      outputsOfSync("SoftmaxCrossEntropy", { targets: matrix(t), logits: matrix(moved) })[0]!;
    const inputs = { targets: matrix(t), logits: matrix(x), dy: tf.tensor1d(dy) };
    const [dx] = outputsOfSync("SoftmaxCrossEntropyGrad", inputs);
    // Steps of 1e-2: float32 values off by 1e-7, and a cubic term.
    expect(
      largestMixedError(
        dx!,
        centralDifferences((moved) => dot(loss(moved), dy), x),
      ),
    ).toBeLessThan(1e-4);
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
        expect(await differenceFromCpu("wasm", op, inputs)).toBeLessThan(TOLERANCE);
      },
    );
    await fc.assert(property, { numRuns: 150 });
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
    const [loss] = outputsOfSync("SoftmaxCrossEntropy", inputs);
    expect([...loss!].map((value) => value.toFixed(4))).toEqual(["NaN", "0.6931"]);
  });
});
