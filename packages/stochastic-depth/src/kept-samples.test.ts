import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { sampleKey, siteOf } from "sample-keys";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { KeptResidual, KeptSamples, stochasticDepth } from "./index.ts";

const NAME = "drop_path";

function keys(count: number): Uint32Array {
  return Uint32Array.from({ length: count }, (_, row) => sampleKey(1, 0, row));
}

/** Returns `x + drop(2 · tanh(x · w))`, by `KeptSamples`, and the number of rows that the branch had. */
function residual(
  x: tf.Tensor2D,
  w: tf.Tensor2D,
  { dropProb, skip = true, training = true }: { dropProb: number; skip?: boolean; training?: boolean },
  sampleKeys = keys(x.shape[0]),
) {
  const layer = new KeptSamples({ dropProb, skip, name: NAME });
  const [kept, mask] = layer.apply(x, { training, sampleKeys }) as [tf.Tensor2D, tf.Tensor1D];
  const branch = branchOf(kept, w);
  return { y: new KeptResidual().apply([x, branch, mask]) as tf.Tensor2D, rows: kept.shape[0] };
}

const branchOf = (x: tf.Tensor2D, w: tf.Tensor2D) => tf.mul(tf.tanh(tf.matMul(x, w)), 2);

describe.each(BACKENDS)("samples that are kept, on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  const x = (rows: number) => tf.randomNormal([rows, 5], 0, 1, "float32", 3) as tf.Tensor2D;
  const w = () => tf.randomNormal([5, 5], 0, 1, "float32", 4) as tf.Tensor2D;
  const drawn = (v: tf.Tensor2D, weights: tf.Tensor2D, dropProb: number) => {
    const options = { dropProb, training: true, sampleKeys: keys(v.shape[0]), site: siteOf(NAME) };
    return tf.add(v, stochasticDepth(branchOf(v, weights), options));
  };

  test.each([0.1, 0.5, 0.9])("give stochasticDepth's result, computed for them alone, at rate %d", (rate) => {
    const input = x(33);
    const { y, rows } = residual(input, w(), { dropProb: rate });
    expect(y.arraySync()).toEqual(drawn(input, w(), rate).arraySync());
    const mask = stochasticDepth(tf.ones([33]), {
      dropProb: rate,
      training: true,
      sampleKeys: keys(33),
      site: siteOf(NAME),
    });
    expect(rows).toBe((mask.arraySync() as number[]).filter((factor) => factor > 0).length);
    expect(rows).toBeLessThan(33);
  });

  test.each([0.3, 1])(
    "have stochasticDepth's gradients, those of dropped samples of 1, at rate %d",
    (rate) => {
      const grads = (f: (v: tf.Tensor2D, weights: tf.Tensor2D) => tf.Tensor) =>
        tf.grads((v, weights) => tf.sum(tf.square(f(v as tf.Tensor2D, weights as tf.Tensor2D))))([
          x(24),
          w(),
        ]);
      const actual = grads((v, weights) => residual(v, weights, { dropProb: rate }).y);
      const expected = grads((v, weights) => drawn(v, weights, rate));
      for (const [i, gradient] of actual.entries()) {
        expect(gradient.shape).toEqual(expected[i]!.shape);
        expect(tf.max(tf.abs(tf.sub(gradient, expected[i]!))).dataSync()[0]).toBeLessThan(1e-4);
      }
      const slope = tf.grad((v: tf.Tensor) => tf.sum(residual(v as tf.Tensor2D, w(), { dropProb: 1 }).y))(
        x(4),
      );
      expect([...slope.dataSync()]).toEqual(new Array(20).fill(1));
    },
  );

  test("are the same wherever the batch is cut", () => {
    const all = residual(x(12), w(), { dropProb: 0.5 }).y;
    const tail = residual(tf.slice(x(12), [7, 0]), w(), { dropProb: 0.5 }, keys(12).subarray(7)).y;
    expect(tail.arraySync()).toEqual(tf.slice(all, [7, 0]).arraySync());
  });

  test("leave out a branch's NaN with its sample", () => {
    const { y } = residual(x(16), tf.fill([5, 5], Number.NaN), { dropProb: 0.5 });
    const finite = (y.arraySync() as number[][]).filter((row) => row.every(Number.isFinite)).length;
    expect(finite).toBe(16 - residual(x(16), w(), { dropProb: 0.5 }).rows);
  });

  test("are all samples with skip: false, at rate 0 and outside training", () => {
    const input = x(16);
    const all = residual(input, w(), { dropProb: 0.5, skip: false });
    expect(all.rows).toBe(16);
    expect(all.y.arraySync()).toEqual(residual(input, w(), { dropProb: 0.5 }).y.arraySync());
    const plain = tf.add(input, branchOf(input, w())).arraySync();
    for (const options of [{ dropProb: 0 }, { dropProb: 0.5, training: false }]) {
      const { y, rows } = residual(input, w(), options);
      expect([rows, y.arraySync()]).toEqual([16, plain]);
    }
  });

  test("may be none: in an empty batch, and at rate 1", () => {
    expect(residual(tf.zeros([0, 5]), w(), { dropProb: 0.5 }).y.shape).toEqual([0, 5]);
    const input = x(3);
    const { y, rows } = residual(input, w(), { dropProb: 1 });
    expect([rows, y.arraySync()]).toEqual([1, input.arraySync()]); // computed, without effect
    const nan = tf.fill([5, 5], Number.NaN) as tf.Tensor2D;
    expect(residual(input, nan, { dropProb: 1 }).y.arraySync()).toEqual(input.arraySync());
  });

  test("survive a model's round trip", async () => {
    const input = tfl.input({ shape: [5] });
    const [kept, mask] = new KeptSamples({ dropProb: 0.5, seed: 3, skip: false, name: NAME }).apply(
      input,
    ) as tfl.SymbolicTensor[];
    const branch = tfl.layers.dense({ units: 5, name: "branch" }).apply(kept!);
    const y = new KeptResidual({ name: "add" }).apply([input, branch, mask] as tfl.SymbolicTensor[]);
    const model = tfl.model({ inputs: input, outputs: y as tfl.SymbolicTensor });
    const copy = await tfl.models.modelFromJSON(model.toJSON(null, false) as never);
    copy.setWeights(model.getWeights());
    const kwargs = { training: true, sampleKeys: keys(8) };
    const output = (of: tfl.LayersModel) => (of.apply(x(8), kwargs) as tf.Tensor).arraySync();
    expect(output(copy)).toEqual(output(model));
    expect(copy.getLayer(NAME).getConfig()).toMatchObject({ dropProb: 0.5, seed: 3, skip: false });
  });

  test("leave no tensors behind", () => {
    const [input, weights] = [x(8), w()];
    const before = tf.memory().numTensors;
    tf.dispose(tf.tidy(() => residual(input, weights, { dropProb: 0.5 }).y));
    expect(tf.memory().numTensors).toBe(before);
  });
});

test("wrong options, keys and shapes are refused by name", () => {
  expect(() => new KeptSamples({ dropProb: 2 })).toThrow("KeptSamples: dropProb must be in [0, 1], got 2");
  expect(() => new KeptSamples({ dropProb: 0.1, skips: true } as never)).toThrow("did you mean 'skip'?");
  const layer = new KeptSamples({ dropProb: 0.5 });
  expect(() => layer.apply(tf.ones([2, 3]), { training: true, sampleKeys: [1] })).toThrow(
    "KeptSamples: expected 2 sampleKeys for [2,3], got 1",
  );
  const add = (branch: number[], mask = tf.tensor1d([0, 2, 2])) =>
    new KeptResidual().apply([tf.ones([3, 2]), tf.ones(branch), mask]);
  expect(() => add([1, 2])).toThrow(/^KeptResidual: expected .*, got \[3,2\], \[1,2\] and \[3\]$/);
  expect(() => add([2, 3])).toThrow("got [3,2], [2,3] and [3]");
  expect(() => add([2, 2], tf.tensor1d([2, 2]))).toThrow("got [3,2], [2,2] and [2]");
});
