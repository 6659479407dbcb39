import * as tf from "@tensorflow/tfjs-core";
import fc from "fast-check";
import { each, largestMixedError, noise, outputsOf, total, valuesOf } from "test-kit";
import { startWebGpu } from "test-kit/backends";
import { linear } from "vit-blocks";
import { beforeAll, describe, expect, test } from "vitest";
import { currentWebGpuBackend } from "../../host.ts";
import { TILES } from "./tile.ts";
import { shapesOn } from "./tile-choice.ts";

/** float32 sums of up to 2,000 products of numbers in [-1, 1), relative to sums of some tens. */
const TOLERANCE = 2e-5;

const missing = await startWebGpu();

interface Case {
  readonly batch: readonly [a: number, b: number];
  readonly rows: number;
  readonly columns: number;
  readonly inner: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function operands({ batch, rows, columns, inner, transposeA, transposeB }: Case): tf.Tensor[] {
  const [a, b] = [noise(batch[0] * rows * inner, 1), noise(batch[1] * inner * columns, 2)];
  return [
    tf.tensor(a, [batch[0], ...(transposeA ? [inner, rows] : [rows, inner])]),
    tf.tensor(b, [batch[1], ...(transposeB ? [columns, inner] : [inner, columns])]),
  ];
}

async function product(sides: Case): Promise<Float32Array> {
  const [a, b] = operands(sides) as [tf.Tensor, tf.Tensor];
  const y = tf.matMul(a, b, sides.transposeA, sides.transposeB);
  const batch = Math.max(...sides.batch);
  expect(y.shape).toEqual([batch, sides.rows, sides.columns]);
  tf.dispose([a, b]);
  const [values] = await valuesOf([y]);
  return values!;
}

function reference({ batch, rows, columns, inner, transposeA, transposeB }: Case): Float64Array {
  const [a, b] = [noise(batch[0] * rows * inner, 1), noise(batch[1] * inner * columns, 2)];
  return each(Math.max(...batch) * rows * columns, (at) => {
    const [j, i] = [at % columns, Math.floor(at / columns) % rows];
    const item = Math.floor(at / columns / rows);
    const [fromA, fromB] = [
      batch[0] > 1 ? item * rows * inner : 0,
      batch[1] > 1 ? item * inner * columns : 0,
    ];
    return total(
      inner,
      (k) =>
        a[fromA + (transposeA ? k * rows + i : i * inner + k)]! *
        b[fromB + (transposeB ? j * inner + k : k * columns + j)]!,
    );
  });
}

/** Runs `compute` with the products of all shapes seen so far in tile number `index`. */
async function inTile<T>(index: number, compute: () => Promise<T>): Promise<T> {
  const seen = shapesOn(currentWebGpuBackend().device);
  const before = [...seen].map(([key, { shape }]) => [key, { shape }] as const);
  for (const [key, { shape }] of before)
    seen.set(key, { shape, timed: { tile: TILES[index]!, time: 1, defaultTime: 1 } });
  try {
    return await compute();
  } finally {
    for (const [key, entry] of before) seen.set(key, entry);
  }
}

describe.skipIf(missing)(`products${missing ? ` (skipped: ${missing})` : ""}`, () => {
  beforeAll(async () => {
    await tf.setBackend("webgpu");
  });

  test("agree with float64 for random sides, batches and transposes", async () => {
    const side = fc.integer({ min: 1, max: 70 });
    const sides = fc.record({
      batch: fc.constantFrom<[number, number]>([1, 1], [3, 3], [3, 1], [1, 3]),
      ...{ rows: side, columns: side, inner: side },
      ...{ transposeA: fc.boolean(), transposeB: fc.boolean() },
    });
    const property = fc.asyncProperty(sides, async (given) => {
      expect(largestMixedError(await product(given), reference(given))).toBeLessThan(TOLERANCE);
    });
    await fc.assert(property, { numRuns: 40 });
  });

  test.each([
    { rows: 132, columns: 68, inner: 36, transposeA: false, transposeB: false },
    { rows: 132, columns: 68, inner: 36, transposeA: false, transposeB: true },
    { rows: 132, columns: 68, inner: 2084, transposeA: true, transposeB: false }, // in parts
    { rows: 129, columns: 66, inner: 35, transposeA: true, transposeB: true }, // not in vectors of four
    { rows: 130, columns: 131, inner: 17, transposeA: false, transposeB: false },
  ])("are the same in every tile, to the last bit: %j", async (sides) => {
    const given = { ...sides, batch: [1, 1] as const };
    const expected = await product(given);
    expect(largestMixedError(expected, reference(given))).toBeLessThan(TOLERANCE);
    for (const index of TILES.keys()) {
      expect(await inTile(index, () => product(given))).toEqual(expected);
    }
  });

  test("of integers that a cast relabeled, and empty ones", async () => {
    expect(tf.matMul(tf.zeros([0, 2, 3]), tf.zeros([0, 3, 4])).shape).toEqual([0, 2, 4]);
    const ones = tf.cast(tf.cast(tf.ones([4, 4]), "int32"), "float32") as tf.Tensor2D; // relabeled only
    const [values] = await valuesOf([tf.matMul(ones, ones)]);
    expect([...values!]).toEqual(Array(16).fill(4));
  });
});

describe.skipIf(missing)(`Linear${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const of = (shape: number[], seed: number) => tf.tensor(noise(tf.util.sizeFromShape(shape), seed), shape);

  test("and its gradients agree with float64 for random shapes, also empty ones", async () => {
    await tf.setBackend("webgpu");
    const side = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.constantFrom(12, 33, 64));
    const sides = fc.record({
      leading: fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 2 }),
      ...{ width: side, outputs: side },
    });
    const property = fc.asyncProperty(sides, fc.boolean(), async ({ leading, width, outputs }, hasBias) => {
      const rows = tf.util.sizeFromShape(leading);
      const [x, k] = [noise(rows * width, 1), noise(width * outputs, 2)];
      const [bias, dy] = [noise(outputs, 3), noise(rows * outputs, 4)];
      const forward = { x: of([...leading, width], 1), kernel: of([width, outputs], 2) };
      const [y] = await outputsOf("Linear", { ...forward, ...(hasBias && { bias: of([outputs], 3) }) });
      const backward = { x: of([...leading, width], 1), kernel: of([width, outputs], 2) };
      const grads = await outputsOf("LinearGrad", { ...backward, dy: of([...leading, outputs], 4) });
      const expected = [
        each(rows * outputs, (at) => {
          const [r, o] = [Math.floor(at / outputs), at % outputs];
          return total(width, (i) => x[r * width + i]! * k[i * outputs + o]!) + (hasBias ? bias[o]! : 0);
        }),
        each(rows * width, (at) => {
          const [r, i] = [Math.floor(at / width), at % width];
          return total(outputs, (o) => dy[r * outputs + o]! * k[i * outputs + o]!);
        }),
        each(width * outputs, (at) => {
          const [i, o] = [Math.floor(at / outputs), at % outputs];
          return total(rows, (r) => x[r * width + i]! * dy[r * outputs + o]!);
        }),
        each(outputs, (o) => total(rows, (r) => dy[r * outputs + o]!)),
      ];
      for (const [i, values] of [y!, ...grads].entries()) {
        expect(values.length).toBe(expected[i]!.length);
        expect(largestMixedError(values, expected[i]!)).toBeLessThan(TOLERANCE);
      }
    });
    await fc.assert(property, { numRuns: 25 });
  });

  test("sums its bias' gradient over many rows in parts, like its weight's", async () => {
    await tf.setBackend("webgpu");
    const [rows, width, outputs] = [2500, 12, 20];
    const inputs = { x: of([rows, width], 1), kernel: of([width, outputs], 2), dy: of([rows, outputs], 3) };
    const [, dkernel, dbias] = await outputsOf("LinearGrad", inputs);
    const [x, dy] = [noise(rows * width, 1), noise(rows * outputs, 3)];
    const ofKernel = each(width * outputs, (at) =>
      total(rows, (r) => x[r * width + Math.floor(at / outputs)]! * dy[r * outputs + (at % outputs)]!),
    );
    expect(largestMixedError(dkernel!, ofKernel)).toBeLessThan(TOLERANCE);
    const ofBias = each(outputs, (c) => total(rows, (r) => dy[r * outputs + c]!));
    expect(largestMixedError(dbias!, ofBias)).toBeLessThan(TOLERANCE);
  });

  test("is one program, its gradient two", async () => {
    await tf.setBackend("webgpu");
    const { x, kernel, bias } = { x: tf.ones([2, 3, 4]), kernel: tf.ones([4, 5]), bias: tf.ones([5]) };
    const { kernelNames } = await tf.profile(() =>
      tf.grads((a, b, c) => linear(a!, b!, c))([x, kernel, bias]),
    );
    expect(kernelNames.filter((name) => /Linear|MatMul|Reshape|Sum/.test(name))).toEqual([
      "Linear",
      "LinearGrad",
    ]);
  });
});
