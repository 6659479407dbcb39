import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { runKernel } from "kernel-contract";
import { layerNorm } from "vit-blocks";
import { expect, test } from "vitest";
import { differenceFromCpu, NOT_FINITE, outputsOf, plain, spoil, valuesOf } from "../kernels.ts";
import { largestMixedError, largestRelativeError } from "../numbers/errors.ts";
import { dot, each, total } from "../numbers/float64.ts";
import { centralDifferences } from "../numbers/gradients.ts";
import { noise, positiveNoise } from "../numbers/noise.ts";
import type { TestedBackend } from "./tested-backend.ts";

/** float32 statistics of up to 769 numbers; gradients multiply them by rstd, up to 10. */
const TOLERANCE = 5e-5;
const EPSILON = 1e-2;

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

async function run(inputs: Inputs, rows: number, dim: number) {
  const matrix = (values: Float32Array) => tf.tensor2d(values, [rows, dim]);
  const [x, dy] = [matrix(inputs.x), matrix(inputs.dy)];
  const [gamma, beta] = [tf.tensor1d(inputs.gamma), tf.tensor1d(inputs.beta)];
  const [y, mean, rstd] = runKernel("LayerNorm", { x, gamma, beta }, { epsilon: EPSILON });
  const gradients = runKernel("LayerNormGrad", { x, gamma, mean, rstd, dy });
  const values = await valuesOf([y, mean, rstd, ...gradients]);
  tf.dispose([x, gamma, beta, dy]);
  const names = ["y", "mean", "rstd", "dx", "dgamma", "dbeta"] as const;
  return Object.fromEntries(names.map((name, i) => [name, values[i]!])) as Record<
    (typeof names)[number],
    Float32Array
  >;
}

async function check(rows: number, dim: number, seed: number): Promise<void> {
  const inputs = inputsOf(rows, dim, seed);
  const actual = await run(inputs, rows, dim);
  const expected = reference(inputs, rows, dim);
  for (const name of ["y", "mean", "rstd", "dx", "dgamma", "dbeta"] as const) {
    expect(largestMixedError(actual[name], expected[name]), name).toBeLessThan(TOLERANCE);
  }
}

export function layerNormTests(backend: TestedBackend): void {
  test("agrees with float64, forward and backward, for random shapes, also without a row", async () => {
    const [rows, dim] = [fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 70 })];
    await fc.assert(fc.asyncProperty(rows, dim, fc.nat(1000), check), { numRuns: backend.runs });
  });

  test.each([
    [1, 1],
    [5, 191],
    [5, 192],
    [8, 192],
    [3, 193],
    [9, 193],
    [2, 769],
    [300, 3],
  ])("agrees for %d rows of %d", (rows, dim) => check(rows, dim, 1));

  test("the float64 gradient has the slopes of central differences", () => {
    const inputs = inputsOf(2, 5, 1);
    const expected = reference(inputs, 2, 5);
    const slopes = { x: expected.dx, gamma: expected.dgamma, beta: expected.dbeta };
    for (const name of ["x", "gamma", "beta"] as const) {
      const value = (moved: Float32Array) => dot(reference({ ...inputs, [name]: moved }, 2, 5).y, inputs.dy);
      // Steps of 1e-3: a cubic term, and the steps' own rounding to float32.
      expect(
        largestMixedError(slopes[name], centralDifferences(value, inputs[name], 1e-3)),
        name,
      ).toBeLessThan(2e-3);
    }
  });

  const [rows, dim] = backend.manyRows;
  const digits = backend.tolerance.manyRows;
  test(`the gradients of gamma and beta over ${rows} rows are within ${digits} of float64`, async () => {
    const [x, dy] = [positiveNoise(rows * dim, 1), positiveNoise(rows * dim, 2)];
    const [, dgamma, dbeta] = await outputsOf("LayerNormGrad", {
      ...{ x: tf.tensor2d(x, [rows, dim]), gamma: tf.ones([dim]), dy: tf.tensor2d(dy, [rows, dim]) },
      ...{ mean: tf.fill([rows, 1], -1), rstd: tf.ones([rows, 1]) },
    });
    const sums = (term: (at: number) => number) => each(dim, (c) => total(rows, (r) => term(r * dim + c)));
    const expected = { dgamma: sums((at) => dy[at]! * (x[at]! + 1)), dbeta: sums((at) => dy[at]!) };
    expect(largestRelativeError(dgamma!, expected.dgamma)).toBeLessThan(digits);
    expect(largestRelativeError(dbeta!, expected.dbeta)).toBeLessThan(digits);
  });

  test("carries NaN and infinity as the composite form does on cpu, forward and backward", async () => {
    const property = fc.asyncProperty(
      fc.integer({ min: 1, max: 10 }),
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
        const op = (...[x, gamma, beta]: tf.Tensor[]) => layerNorm(x!, gamma!, beta!, EPSILON);
        expect(await differenceFromCpu(backend.name, op, inputs, backend)).toBeLessThan(TOLERANCE);
      },
    );
    await fc.assert(property, { numRuns: backend.runs });
  });
}
