import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { fixturesOf, largestDifference, parity } from "test-kit";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { config, deit, mimeticInit, type VitConfig, vit } from "../index.ts";
import { balancedFactors } from "./balanced-factors.ts";
import { mimeticAttention } from "./mimetic-attention.ts";
import { sinusoidalPositions } from "./sinusoidal-positions.ts";
import { symmetricEigen } from "./symmetric-eigen.ts";

interface Fixture {
  readonly dim: number;
  readonly heads: number;
  readonly grid: [number, number];
  /** Standard normal, `[dim, dim]`: of each head, then of value and projection. */
  readonly noise: number[][];
  readonly query: number[][];
  readonly key: number[][];
  readonly queryKey: number[][];
  readonly value: number[];
  readonly projection: number[];
  readonly valueProjection: number[];
  readonly positions: number[];
}

const fixture = fixturesOf(import.meta.url).json<Fixture>("mimetic.json");
const NUMPY = { reference: "numpy", version: "2.4.6", backend: "none" };
/** float32 kernels and nine decimals of the fixture. */
const TOLERANCE = 1e-6;

const small: VitConfig = {
  imageSize: 16,
  patchSize: 8,
  dim: 16,
  depth: 2,
  heads: 2,
  classes: 3,
  init: "timm",
};

/** `[rows, inner] · [inner, columns]`, row-major. */
function product(a: ArrayLike<number>, b: ArrayLike<number>, rows: number, inner: number): number[] {
  const columns = b.length / inner;
  return Array.from({ length: rows * columns }, (_, at) => {
    let sum = 0;
    for (let i = 0; i < inner; i++)
      sum += a[Math.floor(at / columns) * inner + i]! * b[i * columns + (at % columns)]!;
    return sum;
  });
}

function transposed(a: ArrayLike<number>, rows: number): number[] {
  const columns = a.length / rows;
  return Array.from({ length: a.length }, (_, at) => a[(at % rows) * columns + Math.floor(at / rows)]!);
}

/** Columns of a kernel, row-major. */
function columns(kernel: ArrayLike<number>, rows: number, from: number, count: number): number[] {
  const width = kernel.length / rows;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: count }, (_, i) => kernel[row * width + from + i]!),
  ).flat();
}

const magnitudes = (values: ArrayLike<number>) => Array.from(values, Math.abs);

describe("given the same noise, numpy's", () => {
  const { dim, heads } = fixture;
  const size = dim / heads;
  const noise = fixture.noise.map((z) => Float64Array.from(z));
  const { qkv, proj } = mimeticAttention({
    ...{ dim, heads, queryKey: { alpha: 0.7, beta: 0.7 }, valueProjection: { alpha: 0.4, beta: 0.4 } },
    noise: { queryKey: (head) => noise[head]!, valueProjection: () => noise[heads]! },
  });

  test("products of query and key, head by head", () => {
    for (let head = 0; head < heads; head++) {
      const q = columns(qkv, dim, head * size, size);
      const k = columns(qkv, dim, dim + head * size, size);
      const measured = largestDifference(product(q, transposed(k, dim), dim, size), fixture.queryKey[head]!);
      parity({ ...NUMPY, item: `mimetic query and key, head ${head}`, tolerance: TOLERANCE, measured });
      expect(largestDifference(magnitudes(q), magnitudes(fixture.query[head]!))).toBeLessThan(TOLERANCE);
      const theirs = transposed(fixture.key[head]!, size);
      expect(largestDifference(magnitudes(k), magnitudes(theirs))).toBeLessThan(TOLERANCE);
    }
  });

  test("product of value and projection", () => {
    const v = columns(qkv, dim, 2 * dim, dim);
    const measured = largestDifference(product(v, proj, dim, dim), fixture.valueProjection);
    parity({ ...NUMPY, item: "mimetic value and projection", tolerance: TOLERANCE, measured });
    expect(largestDifference(magnitudes(v), magnitudes(fixture.value))).toBeLessThan(TOLERANCE);
    expect(largestDifference(magnitudes(proj), magnitudes(fixture.projection))).toBeLessThan(TOLERANCE);
  });

  test("positions", () => {
    const measured = largestDifference(sinusoidalPositions(fixture.grid, dim, 0), fixture.positions);
    parity({ ...NUMPY, item: "positions of sines and cosines", tolerance: TOLERANCE, measured });
    const prefixed = sinusoidalPositions(fixture.grid, dim, 2);
    expect([...prefixed.subarray(0, 2 * dim)]).toEqual(Array(2 * dim).fill(0));
    expect(largestDifference(prefixed.subarray(2 * dim), fixture.positions)).toBeLessThan(TOLERANCE);
  });
});

describe("symmetricEigen", () => {
  test("values and vectors of a matrix solved by hand", () => {
    const { values, vectors } = symmetricEigen(Float64Array.of(2, 1, 0, 1, 2, 0, 0, 0, 5), 3);
    expect(largestDifference(values, [1, 3, 5])).toBeLessThan(1e-14);
    const half = Math.SQRT1_2;
    expect(largestDifference(magnitudes(vectors), [half, half, 0, half, half, 0, 0, 0, 1])).toBeLessThan(
      1e-14,
    );
  });

  test.each([1, 2, 3, 7, 40])("vectors are orthogonal and give the matrix, n = %i", (n) => {
    const matrix = Float64Array.from({ length: n * n }, (_, at) => {
      const [i, j] = [Math.floor(at / n), at % n];
      return Math.sin(i * j + i + j) + (i === j ? 1 : 0);
    });
    const before = matrix.slice();
    const { values, vectors } = symmetricEigen(matrix, n);
    expect(matrix).toEqual(before);
    const scaled = vectors.map((x, at) => x * values[Math.floor(at / n)]!);
    expect(largestDifference(product(transposed(vectors, n), scaled, n, n), matrix)).toBeLessThan(1e-13);
    const unit = Array.from({ length: n * n }, (_, at) => (at % (n + 1) === 0 ? 1 : 0));
    expect(largestDifference(product(vectors, transposed(vectors, n), n, n), unit)).toBeLessThan(1e-13);
    expect([...values]).toEqual([...values].sort((a, b) => a - b));
  });

  test("equal values and zeros", () => {
    const unit = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1);
    expect([...symmetricEigen(unit, 3).values]).toEqual([1, 1, 1]);
    expect([...symmetricEigen(new Float64Array(16), 4).values]).toEqual([0, 0, 0, 0]);
  });
});

test("balancedFactors: both factors of a diagonal matrix have the roots of its largest elements", () => {
  const { left, right } = balancedFactors(Float64Array.of(-4, 0, 0, 0, 1, 0, 0, 0, 9), 3, 2);
  expect(product(left, right, 3, 2)).toEqual([-4, 0, 0, 0, 0, 0, 0, 0, 9]);
  expect(magnitudes(left)).toEqual([0, 2, 0, 0, 3, 0]);
  expect(magnitudes(right)).toEqual([0, 0, 3, 2, 0, 0]);
});

describe.each(["cpu", "wasm"] as const)("mimeticInit on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  const values = (model: tfl.LayersModel) =>
    new Map(model.weights.map((weight) => [weight.originalName, weight.read().dataSync().slice()]));

  test("writes attention and positions, and nothing else", () => {
    const model = deit(small);
    const before = values(model);
    const tensors = tf.memory().numTensors;
    mimeticInit(model, { seed: 3 });
    expect(tf.memory().numTensors).toBe(tensors);
    const after = values(model);
    const changed = [...after.keys()].filter(
      (name) => largestDifference(after.get(name)!, before.get(name)!) > 0,
    );
    expect(changed.sort()).toEqual([
      "blocks.0.attn/proj.kernel",
      "blocks.0.attn/qkv.kernel",
      "blocks.1.attn/proj.kernel",
      "blocks.1.attn/qkv.kernel",
      "position/pos_embed",
    ]);
    expect(after.get("position/pos_embed")).toEqual(sinusoidalPositions([2, 2], 16, 2));
  });

  test("the noise has mean 0 and variance 1 / dim, and is another one in each head, block and seed", () => {
    const wide = { ...small, dim: 64, depth: 2, heads: 1 };
    const products = [0, 1].flatMap((seed) => {
      const model = vit(wide);
      mimeticInit(model, { seed, positions: false });
      const of = values(model);
      return [0, 1].flatMap((block) => {
        const qkv = of.get(`blocks.${block}.attn/qkv.kernel`)!;
        const [q, k, v] = [0, 64, 128].map((from) => columns(qkv, 64, from, 64));
        const queryKey = product(q!, transposed(k!, 64), 64, 64); // one head: all of the rank
        const valueProjection = product(v!, of.get(`blocks.${block}.attn/proj.kernel`)!, 64, 64);
        return [
          queryKey.map((x, at) => ((x - (at % 65 === 0 ? 0.7 : 0)) / 0.7) * 8),
          valueProjection.map((x, at) => ((x + (at % 65 === 0 ? 0.4 : 0)) / 0.4) * 8),
        ];
      });
    });
    const mean = (x: readonly number[]) => x.reduce((sum, one) => sum + one, 0) / x.length;
    for (const [i, a] of products.entries()) {
      expect(Math.abs(mean(a))).toBeLessThan(5 / 64); // five standard errors of 4096 numbers
      expect(Math.abs(mean(a.map((x) => x * x)) - 1)).toBeLessThan((5 * Math.SQRT2) / 64);
      for (const b of products.slice(0, i))
        expect(Math.abs(mean(a.map((x, at) => x * b[at]!)))).toBeLessThan(5 / 64);
    }
  });

  test("a token attends to itself and to its neighbors most", () => {
    const model = vit({ ...small, imageSize: 48, dim: 64, depth: 1, allTokens: true });
    mimeticInit(model);
    const qkv = values(model).get("blocks.0.attn/qkv.kernel")!;
    const places = columns(sinusoidalPositions([6, 6], 64, 0), 36, 0, 64);
    const [q, k] = [columns(qkv, 64, 0, 32), columns(qkv, 64, 64, 32)];
    const scores = product(product(places, q, 36, 64), transposed(product(places, k, 36, 64), 36), 36, 32);
    const mean = (at: (distance: number) => boolean) => {
      const chosen = scores.filter((_, i) => {
        const [a, b] = [Math.floor(i / 36), i % 36];
        return at(Math.hypot(Math.floor(a / 6) - Math.floor(b / 6), (a % 6) - (b % 6)));
      });
      return chosen.reduce((sum, x) => sum + x, 0) / chosen.length;
    };
    expect(mean((distance) => distance === 0)).toBeGreaterThan(mean((distance) => distance === 1));
    expect(mean((distance) => distance === 1)).toBeGreaterThan(mean((distance) => distance > 3));
  });
});

describe("mimeticInit refuses", () => {
  beforeAll(() => startBackend("cpu"));

  test.each([
    [
      { ...config.keras, imageSize: 16, patchSize: 8, depth: 1 },
      {},
      "mimeticInit: blocks.0.attn: heads times headDim must be dim 192, got 576",
    ],
    [{ dim: 18 }, {}, "mimeticInit: dim must be a multiple of 4 of at least 8, got 18"],
    [{ dim: 4 }, {}, "mimeticInit: dim must be a multiple of 4 of at least 8, got 4"],
    [{}, { seed: -1 }, "mimeticInit: seed must be an integer in [0, 2^32), got -1"],
  ])("%j with %j", (change, options, message) => {
    const model = vit({ ...small, ...change });
    const before = model.getWeights().map((weight) => weight.dataSync().slice());
    expect(() => mimeticInit(model, options)).toThrow(message);
    expect(model.getWeights().map((weight) => weight.dataSync())).toEqual(before);
  });

  test("a model without attention", async () => {
    const { sequential, layers } = await import("@tensorflow/tfjs-layers");
    const model = sequential({ layers: [layers.dense({ units: 1, inputShape: [2] })] });
    expect(() => mimeticInit(model)).toThrow(
      "mimeticInit: the model must have attention layers of vit-blocks, got none",
    );
  });
});
