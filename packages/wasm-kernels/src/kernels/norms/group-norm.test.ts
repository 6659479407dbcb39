import * as tf from "@tensorflow/tfjs-core";
import { groupNorm } from "bit-teacher";
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
import { beforeAll, describe, expect, test } from "vitest";

/** float32 statistics of up to 400 numbers; gradients multiply them by rstd. */
const TOLERANCE = 1e-4;

beforeAll(startWasm);

interface Sides {
  readonly batch: number;
  readonly pixels: number;
  readonly groups: number;
  readonly size: number;
}

/** The formulas, one group at a time. */
function reference(x: Float32Array, gamma: Float32Array, beta: Float32Array, dy: Float32Array, sides: Sides) {
  const { batch, pixels, groups, size } = sides;
  const channels = groups * size;
  const count = pixels * size;
  const at = (b: number, g: number, i: number) =>
    (b * pixels + Math.floor(i / size)) * channels + g * size + (i % size);
  const [y, dx] = [new Float64Array(x.length), new Float64Array(x.length)];
  const [dgamma, dbeta] = [new Float64Array(channels), new Float64Array(channels)];
  for (let b = 0; b < batch; b++) {
    for (let g = 0; g < groups; g++) {
      const mean = total(count, (i) => x[at(b, g, i)]!) / count;
      const variance = total(count, (i) => (x[at(b, g, i)]! - mean) ** 2) / count;
      const rstd = 1 / Math.sqrt(variance + EPSILON);
      const n = (i: number) => (x[at(b, g, i)]! - mean) * rstd;
      const slope = (i: number) => dy[at(b, g, i)]! * gamma[at(b, g, i) % channels]!;
      const plain = total(count, slope) / count;
      const along = total(count, (i) => slope(i) * n(i)) / count;
      for (let i = 0; i < count; i++) {
        const [place, c] = [at(b, g, i), at(b, g, i) % channels];
        y[place] = n(i) * gamma[c]! + beta[c]!;
        dx[place] = rstd * (slope(i) - plain - n(i) * along);
        dgamma[c]! += dy[place]! * n(i);
        dbeta[c]! += dy[place]!;
      }
    }
  }
  return { y, dx, dgamma, dbeta };
}

const EPSILON = 1e-2;

describe("GroupNorm", () => {
  test("agrees with float64, forward and backward, for random shapes", () => {
    const few = fc.integer({ min: 1, max: 9 });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 1, max: 40 }),
        few,
        few,
        (batch, pixels, groups, size) => {
          const channels = groups * size;
          const x = noise(batch * pixels * channels, 1);
          const dy = noise(x.length, 2);
          const [gamma, beta] = [noise(channels, 3), noise(channels, 4)];
          const expected = reference(x, gamma, beta, dy, { batch, pixels, groups, size });
          const image = (values: Float32Array) => tf.tensor4d(values, [batch, pixels, 1, channels]);
          const attrs = { groups, epsilon: EPSILON };
          const inputs = { x: image(x), gamma: tf.tensor1d(gamma), beta: tf.tensor1d(beta) };
          const [y, mean, rstd] = outputsOfSync("GroupNorm", inputs, attrs);
          expect(largestMixedError(y!, expected.y)).toBeLessThan(TOLERANCE);
          const statistics = (values: Float32Array) => tf.tensor2d(values, [batch, groups]);
          const [dx, dgamma, dbeta] = outputsOfSync(
            "GroupNormGrad",
            {
              x: image(x),
              gamma: tf.tensor1d(gamma),
              mean: statistics(mean!),
              rstd: statistics(rstd!),
              dy: image(dy),
            },
            { groups },
          );
          expect(largestMixedError(dx!, expected.dx)).toBeLessThan(TOLERANCE);
          expect(largestMixedError(dgamma!, expected.dgamma)).toBeLessThan(TOLERANCE);
          expect(largestMixedError(dbeta!, expected.dbeta)).toBeLessThan(TOLERANCE);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("spreads NaN over its group alone", () => {
    const x = tf.tensor3d([1, 2, Number.NaN, 4, 3, 4, 5, 6], [1, 2, 4]);
    const inputs = { x, gamma: tf.ones([4]), beta: tf.zeros([4]) };
    const [y] = outputsOfSync("GroupNorm", inputs, { groups: 2, epsilon: 1e-5 });
    expect([...y!].map(Number.isNaN)).toEqual([false, false, true, true, false, false, true, true]);
  });

  test("has the slopes of central differences", () => {
    const [x, dy, gamma, beta] = [noise(12, 1), noise(12, 2), noise(4, 3), noise(4, 4)];
    const image = (values: Float32Array) => tf.tensor3d(values, [1, 3, 4]);
    const forward = (moved: Float32Array) =>
      outputsOfSync(
        "GroupNorm",
        { x: image(moved), gamma: tf.tensor1d(gamma), beta: tf.tensor1d(beta) },
        { groups: 2, epsilon: EPSILON },
      );
    const [, mean, rstd] = forward(x);
    const statistics = { mean: tf.tensor2d(mean!, [1, 2]), rstd: tf.tensor2d(rstd!, [1, 2]) };
    const inputs = { x: image(x), gamma: tf.tensor1d(gamma), dy: image(dy), ...statistics };
    const [dx] = outputsOfSync("GroupNormGrad", inputs, { groups: 2 });
    const slopes = centralDifferences((moved) => dot(forward(moved)[0]!, dy), x);
    expect(largestMixedError(dx!, slopes)).toBeLessThan(2e-3); // steps of 1e-2: a cubic term
  });

  test("carries NaN and infinity as the composite form does on cpu, forward and backward", async () => {
    const few = fc.integer({ min: 1, max: 3 });
    const property = fc.asyncProperty(
      ...[fc.integer({ min: 1, max: 6 }), few, few],
      ...[fc.nat(3), fc.nat()],
      fc.constantFrom(...NOT_FINITE),
      async (pixels, groups, size, which, at, bad) => {
        const channels = groups * size;
        const shapes = [[2, pixels, channels], [channels], [channels], [2, pixels, channels]];
        const inputs = spoil(
          shapes.map((shape, seed) => plain(shape, seed)),
          which,
          at,
          bad,
        );
        const op = (x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor) =>
          groupNorm(x, gamma, beta, { groups, epsilon: EPSILON });
        expect(await differenceFromCpu("wasm", op, inputs)).toBeLessThan(TOLERANCE);
      },
    );
    await fc.assert(property, { numRuns: 150 });
  });

  test("refuses groups that do not divide the channels", () => {
    const inputs = { x: tf.ones([1, 2, 6]), gamma: tf.ones([6]), beta: tf.zeros([6]) };
    expect(() => outputsOfSync("GroupNorm", inputs, { groups: 4, epsilon: 1 })).toThrow(
      "GroupNorm: expected x to be [batch, ..., channels] with 4 groups, got [1,2,6]",
    );
  });
});

test("the gradients of gamma and beta over 200,000 images keep float32's digits", () => {
  const [batch, pixels, channels] = [200_000, 2, 4];
  const [x, dy] = [positiveNoise(batch * pixels * channels, 1), positiveNoise(batch * pixels * channels, 2)];
  const [, dgamma, dbeta] = outputsOfSync(
    "GroupNormGrad",
    {
      x: tf.tensor3d(x, [batch, pixels, channels]),
      gamma: tf.ones([channels]),
      mean: tf.fill([batch, 2], -1),
      rstd: tf.ones([batch, 2]),
      dy: tf.tensor3d(dy, [batch, pixels, channels]),
    },
    { groups: 2 },
  );
  const sums = (term: (at: number) => number) =>
    each(channels, (c) => total(batch * pixels, (i) => term(i * channels + c)));
  const errors = [
    largestRelativeError(
      dgamma!,
      sums((at) => dy[at]! * (x[at]! + 1)),
    ),
    largestRelativeError(
      dbeta!,
      sums((at) => dy[at]!),
    ),
  ];
  expect(Math.max(...errors)).toBeLessThan(1e-6);
});
