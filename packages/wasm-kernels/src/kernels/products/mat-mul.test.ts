import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import {
  largestMixedError,
  largestRelativeError,
  NOT_FINITE,
  noise,
  plain,
  positiveNoise,
  spoil,
  valuesOn,
} from "test-kit";
import { startWasm } from "test-kit/backends";
import { beforeAll, describe, expect, test } from "vitest";

/** float32 sums of up to 5,000 products of numbers in [-1, 1). */
const TOLERANCE = 2e-4;

beforeAll(startWasm);

function reference(
  a: Float32Array,
  b: Float32Array,
  sides: [number, number, number],
  ta: boolean,
  tb: boolean,
) {
  const [m, n, k] = sides;
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++) sum += a[ta ? p * m + i : i * k + p]! * b[tb ? j * k + p : p * n + j]!;
      c[i * n + j] = sum;
    }
  }
  return c;
}

function check(
  sides: [number, number, number],
  ta: boolean,
  tb: boolean,
  seed: number,
  bad?: number,
): number {
  const [m, n, k] = sides;
  const a = noise(m * k, seed);
  const b = noise(k * n, seed + 1);
  if (bad !== undefined) {
    a[seed % a.length] = bad;
    b[(seed * 7) % b.length] = 0; // 0 · infinity is NaN
  }
  const actual = tf.tidy(() =>
    tf.matMul(tf.tensor2d(a, ta ? [k, m] : [m, k]), tf.tensor2d(b, tb ? [n, k] : [k, n]), ta, tb).dataSync(),
  );
  return largestMixedError(actual, reference(a, b, sides, ta, tb));
}

describe("BatchMatMul", () => {
  test("agrees with float64 for random shapes and all transposes", () => {
    const side = fc.integer({ min: 1, max: 70 });
    fc.assert(
      fc.property(side, side, side, fc.boolean(), fc.boolean(), fc.nat(1000), (m, n, k, ta, tb, seed) => {
        expect(check([m, n, k], ta, tb, seed)).toBeLessThan(TOLERANCE);
      }),
      { numRuns: 150 },
    );
  });

  test.each([
    [129, 9, 385],
    [4, 1025, 3],
    [25, 1031, 5],
    [24, 17, 769],
    [3, 1030, 40],
    [1030, 2, 40],
    [1, 1, 1],
    [1, 33, 21],
    [3, 31, 5000],
    [2, 7, 9],
    [24, 519, 13],
    [9, 32, 8],
    [8, 1029, 7],
    [40, 33, 5],
    [2050, 3, 11],
  ] as [number, number, number][])("agrees at the edges of its blocks: %d×%d×%d", (m, n, k) => {
    for (const ta of [false, true]) {
      for (const tb of [false, true]) expect(check([m, n, k], ta, tb, 5)).toBeLessThan(TOLERANCE);
    }
  });

  test("broadcasts both batches against each other, which cpu gets wrong", () => {
    const a = tf.tensor(noise(2 * 5 * 6, 1), [2, 1, 5, 6]);
    const b = tf.tensor(noise(3 * 7 * 6, 2), [1, 3, 7, 6]);
    const tiled = tf.matMul(tf.tile(a, [1, 3, 1, 1]), tf.tile(b, [2, 1, 1, 1]), false, true);
    expect(largestMixedError(tf.matMul(a, b, false, true).dataSync(), tiled.dataSync())).toBe(0);
  });

  test("gives zeros for an empty inner side and nothing for an empty batch", () => {
    expect([...tf.matMul(tf.zeros([2, 0]), tf.zeros([0, 2])).dataSync()]).toEqual([0, 0, 0, 0]);
    expect(tf.matMul(tf.zeros([0, 2, 3]), tf.zeros([0, 3, 4])).shape).toEqual([0, 2, 4]);
  });

  test("carries NaN and infinity like cpu", async () => {
    const a = noise(9 * 10, 3);
    a[4] = Number.NaN;
    a[15] = Number.POSITIVE_INFINITY;
    const compute = () => tf.matMul(tf.tensor2d(a, [9, 10]), tf.tensor2d(noise(110, 4), [10, 11]));
    expect(largestMixedError(await valuesOn("wasm", compute), await valuesOn("cpu", compute))).toBeLessThan(
      TOLERANCE,
    );
  });

  test("carries them to the elements that they reach and no further, for random shapes and all transposes", () => {
    // Short sides take their own paths, beside which the packed one has edges.
    const side = fc.oneof(fc.integer({ min: 1, max: 10 }), fc.integer({ min: 20, max: 45 }));
    const bad = fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
    fc.assert(
      fc.property(
        side,
        side,
        side,
        fc.boolean(),
        fc.boolean(),
        fc.nat(1000),
        bad,
        (m, n, k, ta, tb, seed, x) => {
          expect(check([m, n, k], ta, tb, seed, x)).toBeLessThan(TOLERANCE);
        },
      ),
      { numRuns: 300 },
    );
  });

  test("refuses int32", () => {
    expect(() =>
      tf.engine().runKernel(
        "BatchMatMul",
        {
          a: tf.zeros([2, 2], "int32"),
          b: tf.zeros([2, 2]),
        },
        { transposeA: false, transposeB: false },
      ),
    ).toThrow("BatchMatMul: expected a to be float32, got int32");
  });

  test("leaks no tensor and no heap over 1,000 products, and works after the heap has grown", () => {
    const memory = () => tf.memory().numTensors;
    const a = tf.tensor2d(noise(400, 1), [20, 20]);
    tf.matMul(a, a, true).dispose();
    const tensors = memory();
    for (let i = 0; i < 1000; i++) tf.matMul(a, a, true).dispose();
    expect(memory()).toBe(tensors);
    const before = tf.matMul(a, a).dataSync();
    const big = tf.zeros([64 * 1024 * 1024]);
    expect(largestMixedError(tf.matMul(a, a).dataSync(), before)).toBe(0);
    tf.dispose([a, big]);
  });
});

describe("_FusedMatMul, which tfjs' own kernel gets wrong when transposed or batched", () => {
  const activations = ["linear", "relu", "relu6", "prelu", "leakyrelu", "elu", "sigmoid"] as const;
  test.each(activations)("agrees with cpu: transposed, batched, bias, %s", async (activation) => {
    const compute = () =>
      tf.fused.matMul({
        a: tf.tensor3d(noise(2 * 9 * 100, 1), [2, 9, 100]),
        b: tf.tensor3d(noise(2 * 10 * 100, 2), [2, 10, 100]),
        transposeB: true,
        bias: tf.tensor1d(noise(10, 3)),
        activation,
        leakyreluAlpha: 0.3,
        ...(activation === "prelu" ? { preluActivationWeights: tf.tensor1d(noise(10, 4)) } : {}),
      });
    expect(largestMixedError(await valuesOn("wasm", compute), await valuesOn("cpu", compute))).toBeLessThan(
      TOLERANCE,
    );
  });

  test.each(activations)("carries NaN and infinity as cpu does: %s", async (activation) => {
    const property = fc.asyncProperty(
      ...[fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 12 })],
      ...[fc.boolean(), fc.nat(3), fc.nat()],
      fc.constantFrom(...NOT_FINITE),
      async (m, n, k, transposeB, which, at, bad) => {
        const shapes = [[m, k], transposeB ? [n, k] : [k, n], [n], [n]];
        const inputs = spoil(
          shapes.map((shape, seed) => plain(shape, seed)),
          which,
          at,
          bad,
        );
        const compute = () => {
          const [a, b, bias, slopes] = inputs.map((x) => tf.tensor(x.values, [...x.shape])) as [
            ...[tf.Tensor2D, tf.Tensor2D],
            ...[tf.Tensor, tf.Tensor],
          ];
          const weights = activation === "prelu" ? { preluActivationWeights: slopes } : {};
          return tf.fused.matMul({ a, b, transposeB, bias, activation, leakyreluAlpha: 0.3, ...weights });
        };
        const [actual, expected] = [await valuesOn("wasm", compute), await valuesOn("cpu", compute)];
        expect(largestMixedError(actual, expected)).toBeLessThan(TOLERANCE);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  test("gives nothing for no rows and the activated bias for an empty inner side", () => {
    const bias = tf.tensor1d([-1, 2]);
    const product = (a: tf.Tensor2D, b: tf.Tensor2D) => tf.fused.matMul({ a, b, bias, activation: "relu" });
    expect(product(tf.zeros([0, 3]), tf.zeros([3, 2])).shape).toEqual([0, 2]);
    expect([...product(tf.zeros([1, 0]), tf.zeros([0, 2])).dataSync()]).toEqual([0, 2]);
  });
});

// Sides for every path: packed, its edges, dot products, few columns, few rows.
test.each([
  [8, 8],
  [13, 21],
  [1, 1],
  [3, 9],
  [9, 2],
  [4, 40],
  [1, 33],
])("a product over 100,001 positive numbers keeps float32's digits: %d×%d", (m, n) => {
  const k = 100_001;
  const [a, b] = [positiveNoise(m * k, 1), positiveNoise(k * n, 2)];
  for (const ta of [false, true]) {
    for (const tb of [false, true]) {
      const actual = tf.tidy(() =>
        tf
          .matMul(tf.tensor2d(a, ta ? [k, m] : [m, k]), tf.tensor2d(b, tb ? [n, k] : [k, n]), ta, tb)
          .dataSync(),
      );
      expect(largestRelativeError(actual, reference(a, b, [m, n, k], ta, tb)), `${ta} ${tb}`).toBeLessThan(
        1e-6,
      );
    }
  }
});

test("a product over a million positive numbers keeps them too", () => {
  const [m, n, k] = [8, 8, 1_000_000];
  const [a, b] = [positiveNoise(m * k, 1), positiveNoise(k * n, 2)];
  const actual = tf.tidy(() => tf.matMul(tf.tensor2d(a, [k, m]), tf.tensor2d(b, [k, n]), true).dataSync());
  expect(largestRelativeError(actual, reference(a, b, [m, n, k], true, false))).toBeLessThan(1e-6);
});

test("a long product of many rows and columns is the sum of two shorter ones, and has its bias once", () => {
  const [m, n, k] = [140, 530, 40_000];
  const [a, b] = [tf.tensor2d(noise(m * k, 1), [k, m]), tf.tensor2d(noise(k * n, 2), [k, n])];
  const bias = tf.tensor1d(noise(n, 3));
  const [actual, expected] = tf.tidy(() => {
    const half = (first: number) =>
      tf.matMul(tf.slice(a, [first, 0], [k / 2, m]), tf.slice(b, [first, 0], [k / 2, n]), true);
    const sum = tf.add(tf.add(half(0), half(k / 2)), bias);
    return [tf.fused.matMul({ a, b, transposeA: true, bias }).dataSync(), sum.dataSync()];
  });
  tf.dispose([a, b, bias]);
  expect(largestMixedError(actual!, expected!)).toBeLessThan(TOLERANCE);
});

test("a row's numbers do not depend on where it stands: tiles at the edge add in the order of the others", () => {
  for (const [rows, k, n] of [
    [9, 192, 16],
    [5, 48, 13],
    [11, 800, 18],
  ] as const) {
    const once = noise(rows * k, 1);
    const [a, b, bias] = [
      tf.tensor2d([...once, ...once], [2 * rows, k]),
      tf.tensor2d([...noise(k * n, 2)], [k, n]),
      tf.tensor1d([...noise(n, 3)]),
    ];
    const product = tf.fused.matMul({ a, b, bias }).dataSync();
    expect(product.slice(rows * n)).toEqual(product.slice(0, rows * n));
    tf.dispose([a, b, bias]);
  }
});
