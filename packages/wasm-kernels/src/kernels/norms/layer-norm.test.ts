import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import {
  centralDifferences,
  differenceFromCpu,
  dot,
  each,
  largestMixedError,
  largestRelativeError,
  NOT_FINITE,
  noise,
  outputsOfSync,
  plain,
  positiveNoise,
  spoil,
  total,
} from "test-kit";
import { startWasm } from "test-kit/backends";
import { layerNorm } from "vit-blocks";
import { beforeAll, describe, expect, test } from "vitest";

/** float32 statistics of up to 769 numbers; gradients multiply them by rstd, up to 10. */
const TOLERANCE = 5e-5;
const EPSILON = 1e-2;

beforeAll(startWasm);

interface Inputs {
  readonly x: Float32Array;
  readonly gamma: Float32Array;
  readonly beta: Float32Array;
  readonly dy: Float32Array;
}

function inputsOf(rows: number, dim: number, seed: number): Inputs {
  const [x, dy] = [noise(rows * dim, seed), noise(rows * dim, seed + 1)];
  return { x, gamma: noise(dim, seed + 2), beta: noise(dim, seed + 3), dy };
}

/** The formulas, one row at a time. */
function reference({ x, gamma, beta, dy }: Inputs, rows: number, dim: number) {
  const [y, dx] = [new Float64Array(rows * dim), new Float64Array(rows * dim)];
  const [mean, rstd] = [new Float64Array(rows), new Float64Array(rows)];
  const [dgamma, dbeta] = [new Float64Array(dim), new Float64Array(dim)];
  for (let r = 0; r < rows; r++) {
    const at = (i: number) => r * dim + i;
    const mu = total(dim, (i) => x[at(i)]!) / dim;
    const scale = 1 / Math.sqrt(total(dim, (i) => (x[at(i)]! - mu) ** 2) / dim + EPSILON);
    const n = (i: number) => (x[at(i)]! - mu) * scale;
    const g = (i: number) => dy[at(i)]! * gamma[i]!;
    const [plainMean, alongMean] = [total(dim, g) / dim, total(dim, (i) => g(i) * n(i)) / dim];
    mean[r] = mu;
    rstd[r] = scale;
    for (let i = 0; i < dim; i++) {
      y[at(i)] = n(i) * gamma[i]! + beta[i]!;
      dx[at(i)] = scale * (g(i) - plainMean - n(i) * alongMean);
      dgamma[i]! += dy[at(i)]! * n(i);
      dbeta[i]! += dy[at(i)]!;
    }
  }
  return { y, mean, rstd, dx, dgamma, dbeta };
}

function run({ x, gamma, beta, dy }: Inputs, rows: number, dim: number) {
  const matrix = (values: Float32Array) => tf.tensor2d(values, [rows, dim]);
  const affine = { gamma: tf.tensor1d(gamma), beta: tf.tensor1d(beta) };
  const forward = outputsOfSync("LayerNorm", { x: matrix(x), ...affine }, { epsilon: EPSILON });
  const [y, mean, rstd] = forward as [Float32Array, Float32Array, Float32Array];
  const backward = outputsOfSync("LayerNormGrad", {
    ...{ x: matrix(x), gamma: tf.tensor1d(gamma), dy: matrix(dy) },
    ...{ mean: tf.tensor1d(mean), rstd: tf.tensor1d(rstd) },
  });
  const [dx, dgamma, dbeta] = backward as [Float32Array, Float32Array, Float32Array];
  return { y, mean, rstd, dx, dgamma, dbeta };
}

function check(rows: number, dim: number, seed: number): void {
  const inputs = inputsOf(rows, dim, seed);
  const actual = run(inputs, rows, dim);
  const expected = reference(inputs, rows, dim);
  for (const name of ["y", "mean", "rstd", "dx", "dgamma", "dbeta"] as const) {
    expect(largestMixedError(actual[name], expected[name]), name).toBeLessThan(TOLERANCE);
  }
}

describe("LayerNorm", () => {
  test("agrees with float64, forward and backward, for random shapes, also without a row", () => {
    const [rows, dim] = [fc.integer({ min: 0, max: 9 }), fc.integer({ min: 1, max: 70 })];
    fc.assert(fc.property(rows, dim, fc.nat(1000), check), { numRuns: 100 });
  });

  test.each([
    [1, 1],
    [5, 191],
    [5, 192],
    [3, 193],
    [2, 769],
    [300, 3],
  ])("agrees for %d rows of %d", (rows, dim) => check(rows, dim, 1));

  test("has the slopes of central differences", () => {
    const inputs = inputsOf(2, 5, 1);
    const actual = run(inputs, 2, 5);
    for (const [name, slope] of [
      ["x", actual.dx],
      ["gamma", actual.dgamma],
      ["beta", actual.dbeta],
    ] as const) {
      const value = (moved: Float32Array) => dot(run({ ...inputs, [name]: moved }, 2, 5).y, inputs.dy);
      // Steps of 1e-3: float32 values off by 1e-7, and a cubic term.
      expect(largestMixedError(slope, centralDifferences(value, inputs[name], 1e-3)), name).toBeLessThan(
        2e-3,
      );
    }
  });

  test("carries NaN and infinity as the composite form does on cpu, forward and backward", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 1, max: 11 }),
      ...[fc.nat(3), fc.nat()],
      fc.constantFrom(...NOT_FINITE),
      async (rows, dim, which, at, bad) => {
        const shapes = [[rows, dim], [dim], [dim], [rows, dim]];
        const inputs = spoil(
          shapes.map((shape, seed) => plain(shape, seed)),
          which,
          at,
          bad,
        );
        const op = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) => layerNorm(x, gamma, beta, EPSILON);
        expect(
          await differenceFromCpu("wasm", op as (...inputs: tf.Tensor[]) => tf.Tensor, inputs),
        ).toBeLessThan(TOLERANCE);
      },
    );
    await fc.assert(property, { numRuns: 200 });
  });
});

test("the gradients of gamma and beta over 300,000 rows keep float32's digits", () => {
  const [rows, dim] = [300_000, 6];
  const [x, dy] = [positiveNoise(rows * dim, 1), positiveNoise(rows * dim, 2)];
  const [, dgamma, dbeta] = outputsOfSync("LayerNormGrad", {
    x: tf.tensor2d(x, [rows, dim]),
    gamma: tf.ones([dim]),
    mean: tf.fill([rows], -1),
    rstd: tf.ones([rows]),
    dy: tf.tensor2d(dy, [rows, dim]),
  });
  const column = (term: (at: number) => number) => each(dim, (c) => total(rows, (r) => term(r * dim + c)));
  expect(
    largestRelativeError(
      dbeta!,
      column((at) => dy[at]!),
    ),
  ).toBeLessThan(1e-6);
  expect(
    largestRelativeError(
      dgamma!,
      column((at) => dy[at]! * (x[at]! + 1)),
    ),
  ).toBeLessThan(1e-6);
});
