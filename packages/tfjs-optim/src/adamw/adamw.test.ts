import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import reference from "../../fixtures/adamw.json" with { type: "json" };
import { ADAMW_SEMANTICS, AdamW, type AdamWOptions } from "../index.ts";

/** Float64 run of the published update rules, written out plainly: a reference apart from the code under test. */
function plainAdamW(
  options: Required<Omit<AdamWOptions, "excludeFromDecay" | "learningRateScale">>,
  start: number,
  gradients: number[],
) {
  const { beta1, beta2, epsilon, weightDecay } = options;
  const rate = options.learningRate as number;
  let [w, m, v] = [start, 0, 0];
  gradients.forEach((g, i) => {
    const t = i + 1;
    w -= (options.weightDecayMode === "absolute" ? 1 : rate) * weightDecay * w;
    m = beta1 * m + (1 - beta1) * g;
    v = beta2 * v + (1 - beta2) * g * g;
    if (options.epsilonPlacement === "corrected") {
      w -= (rate * (m / (1 - beta1 ** t))) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon);
    } else {
      w -= (((rate * Math.sqrt(1 - beta2 ** t)) / (1 - beta1 ** t)) * m) / (Math.sqrt(v) + epsilon);
    }
  });
  return w;
}

const GRADIENTS = [0.3, -2, 1e-6, 0, 5, -0.01];

function run(optimizer: AdamW, start: number): number {
  const w = tf.variable(tf.tensor1d([start]));
  for (const g of GRADIENTS) optimizer.applyGradients([{ name: w.name, tensor: tf.tensor1d([g]) }]);
  const value = w.dataSync()[0]!;
  w.dispose();
  optimizer.dispose();
  return value;
}

describe.each(BACKENDS)("AdamW on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test.each(Object.entries(ADAMW_SEMANTICS))(
    "with %s semantics follows the plain float64 rule",
    (_, semantics) => {
      const options = { learningRate: 0.1, weightDecay: 0.01, beta1: 0.9, beta2: 0.999, ...semantics };
      const expected = plainAdamW(options, 1.5, GRADIENTS);
      expect(run(new AdamW(options), 1.5)).toBeCloseTo(expected, 5); // 1e-5: float32 over six steps
    },
  );

  // Made by fixtures/adamw.py with the libraries themselves.
  test.each(reference.runs)("follows $library over its recorded steps", (recorded) => {
    const semantics = ADAMW_SEMANTICS[recorded.semantics as keyof typeof ADAMW_SEMANTICS];
    const optimizer = new AdamW({
      ...semantics,
      learningRate: reference.learningRate,
      weightDecay: reference.weightDecay,
    });
    const w = tf.variable(tf.tensor1d(reference.start));
    reference.gradients.forEach((gradient, i) => {
      optimizer.applyGradients([{ name: w.name, tensor: tf.tensor1d(gradient) }]);
      const expected = recorded.values[i]!;
      w.dataSync().forEach((value, j) => {
        // 2e-6 of the largest value: float32 rounding in another order of operations.
        expect(Math.abs(value - expected[j]!)).toBeLessThan(2e-6 * Math.max(1, Math.abs(expected[j]!)));
      });
    });
    w.dispose();
    optimizer.dispose();
  });

  test("absolute decay ignores the learning rate, scaled decay does not", () => {
    const decayed = (mode: "absolute" | "lr-scaled"): number => {
      const w = tf.variable(tf.tensor1d([1]));
      const optimizer = new AdamW({ learningRate: 0.5, weightDecay: 0.1, weightDecayMode: mode });
      optimizer.applyGradients([{ name: w.name, tensor: tf.tensor1d([0]) }]);
      return w.dataSync()[0]!;
    };
    expect(decayed("absolute")).toBeCloseTo(0.9, 6);
    expect(decayed("lr-scaled")).toBeCloseTo(0.95, 6);
  });

  test("leaves excluded variables without decay and variables without gradient alone", () => {
    const [bias, kernel] = [tf.variable(tf.tensor1d([1])), tf.variable(tf.tensor1d([1]))];
    const idle = tf.variable(tf.tensor1d([1]));
    const optimizer = new AdamW({
      learningRate: 0.5,
      weightDecay: 0.1,
      weightDecayMode: "absolute",
      excludeFromDecay: (name) => name === bias.name,
    });
    const zero = tf.tensor1d([0]);
    optimizer.applyGradients({ [bias.name]: zero, [kernel.name]: zero });
    expect(bias.dataSync()[0]).toBe(1);
    expect(kernel.dataSync()[0]).toBeCloseTo(0.9, 6);
    expect(idle.dataSync()[0]).toBe(1);
  });

  test("keeps two moments a variable and leaks nothing else", () => {
    const w = tf.variable(tf.ones([3, 2]));
    const optimizer = new AdamW({ learningRate: 0.1 });
    const before = tf.memory().numTensors;
    for (let i = 0; i < 3; i++) optimizer.minimize(() => tf.sum(tf.square(w)), false, [w]);
    expect(tf.memory().numTensors - before).toBe(2);
    optimizer.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  test("goes on from saved weights as if it had not been cut", async () => {
    const gradient = { tensor: tf.tensor1d([0.7, -0.2]) };
    const whole = tf.variable(tf.tensor1d([1, 2]));
    const first = new AdamW({ learningRate: 0.1 });
    for (let i = 0; i < 4; i++) first.applyGradients([{ name: whole.name, ...gradient }]);

    const cut = tf.variable(tf.tensor1d([1, 2]));
    const before = new AdamW({ learningRate: 0.1 });
    for (let i = 0; i < 2; i++) before.applyGradients([{ name: cut.name, ...gradient }]);
    const after = new AdamW({ learningRate: 0.1 });
    await after.setWeights(await before.getWeights());
    for (let i = 0; i < 2; i++) after.applyGradients([{ name: cut.name, ...gradient }]);
    expect(after.iterations).toBe(4);
    expect(cut.dataSync()).toEqual(whole.dataSync());
  });

  test("trains a tfjs model through model.compile", async () => {
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 1, inputShape: [1] })] });
    model.compile({ optimizer: new AdamW({ learningRate: 0.1, weightDecay: 0 }), loss: "meanSquaredError" });
    const x = tf.tensor2d([[0], [1], [2]]);
    const y = tf.tensor2d([[1], [3], [5]]);
    const { history } = await model.fit(x, y, { epochs: 150, verbose: 0 });
    expect(history.loss!.at(-1)).toBeLessThan(0.05);
  });
});

describe("AdamW's kernel", () => {
  const sizes = [1, 7, 64, 1001];
  const gradientsOf = (step: number) =>
    sizes.map((size, i) => tf.randomNormal([size], 0, 1, "float32", 50 * step + i));

  /** Values and moments after three steps, two of the variables without decay. */
  async function train(semantics: (typeof ADAMW_SEMANTICS)["tfa"]): Promise<Float32Array[]> {
    const variables = sizes.map((size, i) => tf.variable(tf.randomNormal([size], 0, 1, "float32", i + 1)));
    const still = new Set(variables.slice(2).map(({ name }) => name));
    const optimizer = new AdamW({
      ...semantics,
      learningRate: 0.01,
      weightDecay: 0.1,
      excludeFromDecay: (name) => still.has(name),
    });
    for (let step = 1; step <= 3; step++) {
      const gradients = gradientsOf(step);
      optimizer.applyGradients(variables.map(({ name }, i) => ({ name, tensor: gradients[i]! })));
    }
    const moments = (await optimizer.getWeights()).slice(1).map(({ tensor }) => tensor);
    const results = [...variables, ...moments].map((x) => x.dataSync() as Float32Array);
    optimizer.dispose();
    tf.dispose(variables);
    return results;
  }

  test.for(Object.entries(ADAMW_SEMANTICS))("gives the bits of tfjs' own ops: %s", async ([, semantics]) => {
    await startBackend("wasm");
    const kernel = tf.getKernel("AdamWUpdate", "wasm");
    expect(kernel).toBeDefined();
    const fused = await train(semantics);
    tf.unregisterKernel("AdamWUpdate", "wasm");
    const composite = await train(semantics);
    tf.registerKernel(kernel);
    expect(fused).toEqual(composite);
  });

  test("does not touch what shares a variable's or a moment's data", async () => {
    await startBackend("wasm");
    const w = tf.variable(tf.tensor1d([1, 2, 3]));
    const optimizer = new AdamW({ learningRate: 0.1 });
    const step = (by: AdamW) => by.applyGradients([{ name: w.name, tensor: tf.tensor1d([1, -1, 2]) }]);
    step(optimizer);
    const weights = tf.clone(w);
    const flat = tf.reshape(w, [3, 1]);
    const saved = await optimizer.getWeights();
    const second = new AdamW({ learningRate: 0.1 });
    await second.setWeights(saved); // shares the moments' data
    const ema = tf.variable(w); // and so does a variable that starts from another
    const before = [weights, flat, ema, saved[1]!.tensor, saved[2]!.tensor].map((x) => [...x.dataSync()]);
    step(second);
    expect([weights, flat, ema, saved[1]!.tensor, saved[2]!.tensor].map((x) => [...x.dataSync()])).toEqual(
      before,
    );
    expect([...w.dataSync()]).not.toEqual(before[0]);
  });

  test("is seen by a convolution, which keeps a packed copy of its filter", async () => {
    await startBackend("wasm");
    const filter = tf.variable(tf.ones([1, 1, 1, 1])) as tf.Tensor as tf.Tensor4D;
    const image = tf.ones([1, 1, 1, 1]) as tf.Tensor4D;
    const answer = () => tf.conv2d(image, filter, 1, "same").dataSync()[0]!;
    expect(answer()).toBe(1);
    const optimizer = new AdamW({ learningRate: 0.5, weightDecay: 0 });
    const { name } = filter as tf.Tensor as tf.Variable;
    for (let i = 0; i < 3; i++) optimizer.applyGradients([{ name, tensor: tf.ones([1, 1, 1, 1]) }]);
    expect(answer()).toBe(filter.dataSync()[0]);
    expect(answer()).toBeLessThan(0);
  });
});

test("AdamW reads its learning rate from a schedule by step", () => {
  const optimizer = new AdamW({ learningRate: (step) => step + 1 });
  expect(optimizer.learningRate).toBe(1);
  optimizer.applyGradients([]);
  expect(optimizer.learningRate).toBe(2);
});

test("AdamW refuses a beta of 1, a negative decay and an unknown variable", () => {
  expect(() => new AdamW({ learningRate: 1, beta1: 1 })).toThrow("AdamW: beta1 must be in [0, 1), got 1");
  expect(() => new AdamW({ learningRate: 1, weightDecay: -1 })).toThrow(
    "AdamW: weightDecay must be a finite number >= 0, got -1",
  );
  const stray = { name: "no such variable", tensor: tf.scalar(1) };
  expect(() => new AdamW({ learningRate: 1 }).applyGradients([stray])).toThrow(
    "AdamW: no variable is named 'no such",
  );
});
