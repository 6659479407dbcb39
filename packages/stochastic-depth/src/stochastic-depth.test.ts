import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { sampleKey } from "sample-keys";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { linearDropRates, rowKeys, StochasticDepth, stochasticDepth } from "./index.ts";

function keys(count: number, seed = 1): Uint32Array {
  return Uint32Array.from({ length: count }, (_, row) => sampleKey(seed, 0, row));
}

describe("linearDropRates", () => {
  test("grows from 0 to the maximum", () => {
    expect(linearDropRates(3, 0.2)).toEqual([0, 0.1, 0.2]);
    expect(linearDropRates(1, 0.2)).toEqual([0]);
  });

  test("refuses depth 0 and a rate above 1", () => {
    expect(() => linearDropRates(0, 0.1)).toThrow("linearDropRates: depth must be an integer >= 1, got 0");
    expect(() => linearDropRates(2, 1.1)).toThrow("linearDropRates: maxRate must be in [0, 1], got 1.1");
  });
});

describe.each(BACKENDS)("stochasticDepth on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test("drops or rescales whole samples, never single elements", () => {
    const y = stochasticDepth(tf.ones([64, 3, 4]), { dropProb: 0.25, training: true, sampleKeys: keys(64) });
    const rows = tf.reshape(y, [64, 12]).arraySync() as number[][];
    for (const row of rows) expect(new Set(row).size).toBe(1);
    expect(new Set(rows.map(([first]) => first!.toFixed(4)))).toEqual(new Set(["0.0000", "1.3333"]));
  });

  test("keeps the expected share of samples", () => {
    const n = 4000;
    const y = stochasticDepth(tf.ones([n, 1]), { dropProb: 0.3, training: true, sampleKeys: keys(n) });
    const kept = (y.dataSync() as Float32Array).filter((value) => value > 0).length;
    expect(Math.abs(kept / n - 0.7)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / n)); // 4 standard errors
  });

  test("draws a sample's mask from its key alone, wherever the batch is cut", () => {
    const options = { dropProb: 0.5, training: true, site: 9 };
    const all = stochasticDepth(tf.ones([8, 1]), { ...options, sampleKeys: keys(8) }).dataSync();
    const tail = stochasticDepth(tf.ones([3, 1]), { ...options, sampleKeys: keys(8).subarray(5) }).dataSync();
    expect(tail).toEqual(all.slice(5));
  });

  test("the gradient is the same mask", () => {
    const options = { dropProb: 0.5, training: true, sampleKeys: keys(8) };
    const x = tf.ones([8, 2]);
    const dx = tf.grad((v: tf.Tensor) => tf.sum(stochasticDepth(v, options)))(x);
    expect(dx.arraySync()).toEqual(stochasticDepth(x, options).arraySync());
  });

  test("rate 0 and evaluation are identities, rate 1 gives finite zeros", () => {
    const x = tf.tensor2d([[1, 2]]);
    expect(stochasticDepth(x, { dropProb: 0, training: true }).arraySync()).toEqual([[1, 2]]);
    expect(stochasticDepth(x, { dropProb: 0.5, training: false }).arraySync()).toEqual([[1, 2]]);
    expect(stochasticDepth(x, { dropProb: 1, training: true }).arraySync()).toEqual([[0, 0]]);
  });

  test("refuses a rate outside [0, 1], missing keys and a wrong number of keys", () => {
    const x = tf.ones([2, 2]);
    expect(() => stochasticDepth(x, { dropProb: Number.NaN, training: true })).toThrow(
      "stochasticDepth: dropProb must be in [0, 1], got NaN",
    );
    expect(() => stochasticDepth(x, { dropProb: 0.5, training: true })).toThrow("needs sampleKeys");
    expect(() => stochasticDepth(x, { dropProb: 0.5, training: true, sampleKeys: [1] })).toThrow(
      "stochasticDepth: expected 2 sampleKeys for [2,2], got 1",
    );
  });

  test("allocates exactly one tensor", () => {
    const x = tf.ones([4, 2]);
    const before = tf.memory().numTensors;
    const y = stochasticDepth(x, { dropProb: 0.5, training: true, sampleKeys: keys(4) });
    expect(tf.memory().numTensors - before).toBe(1);
    tf.dispose([x, y]);
  });

  test("the layer equals the function, takes its keys from apply and survives a round trip", () => {
    const layer = new StochasticDepth({ dropProb: 0.5, seed: 3, name: "drop" });
    const model = tfl.sequential({ layers: [tfl.layers.inputLayer({ inputShape: [2] }), layer] });
    const copy = tfl.models.modelFromJSON(model.toJSON(null, false) as never);
    return copy.then((loaded) => {
      const x = tf.ones([8, 2]);
      const kwargs = { training: true, sampleKeys: keys(8) };
      const y = model.apply(x, kwargs) as tf.Tensor;
      expect((loaded.apply(x, kwargs) as tf.Tensor).arraySync()).toEqual(y.arraySync());
      expect((model.predict(x) as tf.Tensor).arraySync()).toEqual(x.arraySync());
      expect(loaded.getLayer("drop").getConfig()).toMatchObject({ dropProb: 0.5, seed: 3 });
    });
  });

  test("the layer draws anew at each call of its own", () => {
    const layer = new StochasticDepth({ dropProb: 0.5, name: "drop" });
    const x = tf.ones([64, 1]);
    const draw = () => (layer.apply(x, { training: true }) as tf.Tensor).dataSync();
    expect(draw()).not.toEqual(draw());
  });
});

test("rowKeys and the layer refuse what they cannot use", () => {
  expect(() => rowKeys({ kwargs: { sampleKeys: 3 }, batch: 1, seed: 0, call: 0 })).toThrow("got number");
  expect(() => new StochasticDepth({ dropProb: 2 })).toThrow(
    "StochasticDepth: dropProb must be in [0, 1], got 2",
  );
  expect(() => new StochasticDepth(undefined as never)).toThrow(
    "StochasticDepth: options must be an object, got undefined",
  );
  expect(() => new StochasticDepth({ dropProb: 0.1, sed: 1 } as never)).toThrow("did you mean 'seed'?");
  expect(() => stochasticDepth(tf.ones([1]), { dropProb: 0.1, train: true } as never)).toThrow(
    "stochasticDepth: unknown option 'train'; did you mean 'training'?",
  );
  expect(() => rowKeys({ kwargs: {}, batch: 1, seed: 0 } as never)).toThrow("rowKeys: call must be");
});
