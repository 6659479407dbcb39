// timm's Lamb and Lion over recorded steps, made by fixtures/lamb_lion.py, and what both share with AdamW.
import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { parity } from "test-kit";
import { BACKENDS, PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { AdamW, Lamb, Lion } from "../index.ts";

interface Fixture {
  readonly versions: { readonly timm: string };
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly shapes: number[][];
  readonly start: number[][];
  readonly gradients: number[][][];
  readonly runs: readonly {
    readonly optimizer: "lamb" | "lion";
    readonly options: TimmOptions;
    readonly values: number[][][];
  }[];
}

interface TimmOptions {
  readonly betas?: [number, number];
  readonly eps?: number;
  readonly max_grad_norm?: number | null;
  readonly bias_correction?: boolean;
  readonly grad_averaging?: boolean;
  readonly trust_clip?: boolean;
  readonly always_adapt?: boolean;
  readonly decoupled_decay?: boolean;
}

const golden: Fixture = JSON.parse(
  readFileSync(new URL("../../fixtures/lamb-lion.json", import.meta.url), "utf8"),
);
const CLASSES = { lamb: Lamb, lion: Lion };

/** timm's options by our names. */
function ours({ betas, eps, max_grad_norm, ...flags }: TimmOptions) {
  const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return {
    ...(betas && { beta1: betas[0], beta2: betas[1] }),
    ...(eps !== undefined && { epsilon: eps }),
    ...(max_grad_norm !== undefined && { maxGradNorm: max_grad_norm }),
    ...Object.fromEntries(Object.entries(flags).map(([name, value]) => [camel(name), value])),
  };
}

/** The recorded variables, of which the second does not decay and the third has half the rate, and their optimizer. */
function trained(kind: "lamb" | "lion", options: TimmOptions) {
  const variables = golden.start.map((x, i) => tf.tidy(() => tf.variable(tf.tensor(x, golden.shapes[i]))));
  const { learningRate, weightDecay } = golden;
  const optimizer = new CLASSES[kind]({
    ...{ learningRate, weightDecay, ...ours(options) },
    excludeFromDecay: (name) => name === variables[1]!.name,
    learningRateScale: (name) => (name === variables[2]!.name ? 0.5 : 1),
  });
  const step = (gradients: number[][]) =>
    tf.tidy(() =>
      optimizer.applyGradients(
        gradients.map((g, i) => ({ name: variables[i]!.name, tensor: tf.tensor(g, golden.shapes[i]) })),
      ),
    );
  const values = () => variables.map((x) => [...x.dataSync()]);
  return { variables, optimizer, step, values };
}

describe.each(PARITY_BACKENDS)("on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.each(golden.runs)("$optimizer with $options follows timm", ({ optimizer, options, values }) => {
    const run = trained(optimizer, options);
    const errors = golden.gradients.flatMap((gradients, step) => {
      run.step(gradients);
      const now = run.values();
      return values[step]!.flatMap((of, i) =>
        of.map((x, j) => Math.abs(now[i]![j]! - x) / Math.max(1, Math.abs(x))),
      );
    });
    parity({
      item: `${optimizer === "lamb" ? "Lamb" : "Lion"} with ${JSON.stringify(options)}, ${values.length} steps of four variables`,
      reference: "timm",
      version: golden.versions.timm,
      backend,
      tolerance: 1e-6,
      measured: Math.max(...errors),
    });
    run.optimizer.dispose();
    tf.dispose(run.variables);
  });
});

describe.each(BACKENDS)("Lamb and Lion on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test.each([
    ["lamb", 2],
    ["lion", 1],
  ] as const)("%s keeps %i moments a variable and leaks nothing else", (kind, moments) => {
    const before = tf.memory().numTensors;
    const run = trained(kind, {});
    for (const gradients of golden.gradients) run.step(gradients);
    expect(tf.memory().numTensors - before).toBe(run.variables.length * (1 + moments));
    run.optimizer.dispose();
    tf.dispose(run.variables);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each(["lamb", "lion"] as const)("%s resumes from saved weights to the same bits", async (kind) => {
    const [whole, cut] = [trained(kind, {}), trained(kind, {})];
    const half = golden.gradients.length / 2;
    for (const gradients of golden.gradients) whole.step(gradients);
    for (const gradients of golden.gradients.slice(0, half)) cut.step(gradients);
    const resumed = trained(kind, {});
    cut.variables.forEach((x, i) => void resumed.variables[i]!.assign(x));
    await resumed.optimizer.setWeights(await cut.optimizer.getWeights()); // matched by order: the names are others
    for (const gradients of golden.gradients.slice(half)) resumed.step(gradients);
    expect(resumed.values()).toEqual(whole.values());
    expect(resumed.optimizer.iterations).toBe(golden.gradients.length);
  });

  test("LAMB's first step is the weight's norm in the direction of Adam's, 1 from weights of 0", () => {
    const [w, zero] = [tf.variable(tf.tensor1d([3, 4])), tf.variable(tf.tensor1d([0, 0]))];
    const optimizer = new Lamb({ learningRate: 0.1, weightDecay: 1e-9, epsilon: 0, maxGradNorm: null });
    const tensor = tf.tensor1d([0.5, -0.25]);
    optimizer.applyGradients([
      { name: w.name, tensor },
      { name: zero.name, tensor },
    ]);
    // Adam's first step is the sign, of norm sqrt(2); the weight's norm is 5.
    const expected = [3 - 0.5 / Math.SQRT2, 4 + 0.5 / Math.SQRT2];
    w.dataSync().forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 5);
    });
    [-0.1, 0.1].forEach((value, i) => {
      expect(zero.dataSync()[i]).toBeCloseTo(value, 6);
    });
  });

  test("Lion's step is the rate, also from a gradient of 1e-30, and 0 from a gradient of 0", () => {
    const w = tf.variable(tf.tensor1d([1, 1, 1]));
    const optimizer = new Lion({ learningRate: 0.25 });
    optimizer.applyGradients([{ name: w.name, tensor: tf.tensor1d([1e-30, -7, 0]) }]);
    expect([...w.dataSync()]).toEqual([0.75, 1.25, 1]);
  });

  test.each([
    ["Lamb", () => new Lamb({ learningRate: 0.01, maxGradNorm: null, trustClip: true })],
    ["Lion", () => new Lion({ learningRate: 0.01, weightDecay: 0.3 })],
  ] as const)("%s is saved with a model and continues to the same bits", async (name, make) => {
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [3] })] });
    model.compile({ optimizer: make(), loss: "meanSquaredError" });
    const x = tf.randomNormal([8, 3], 0, 1, "float32", 1);
    const y = tf.randomNormal([8, 2], 0, 1, "float32", 2);
    const fit = { epochs: 2, batchSize: 4, shuffle: false, verbose: 0 } as const;
    await model.fit(x, y, fit);
    let saved: tf.io.ModelArtifacts | undefined;
    const handler = tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
    });
    await model.save(handler, { includeOptimizer: true });
    const again = await tfl.loadLayersModel(tf.io.fromMemory(saved!));
    expect(again.optimizer.getClassName()).toBe(name);
    expect(again.optimizer.getConfig()).toEqual(model.optimizer.getConfig());
    await model.fit(x, y, fit);
    await again.fit(x, y, fit);
    const bits = (of: tfl.LayersModel) => of.getWeights().map((weight) => [...weight.dataSync()]);
    expect(bits(again)).toEqual(bits(model));
  });
});

test("another optimizer's state is refused by name, and changes nothing", async () => {
  const w = tf.variable(tf.tensor1d([1]), true, "kept");
  const [adamW, lion] = [new AdamW({ learningRate: 0.1 }), new Lion({ learningRate: 0.1 })];
  for (const optimizer of [adamW, lion])
    optimizer.applyGradients([{ name: "kept", tensor: tf.tensor1d([1]) }]);
  await expect(lion.setWeights(await adamW.getWeights())).rejects.toThrow(
    "Lion.setWeights: weights must be <variable>/m of each variable, got 'kept/v'",
  );
  await expect(new Lamb({ learningRate: 0.1 }).setWeights(await lion.getWeights())).rejects.toThrow(
    "Lamb.setWeights: weights must be <variable>/m and <variable>/v of each variable, got 'kept/m' and 'none'",
  );
  expect(lion.iterations).toBe(1);
  w.dispose();
});

test("Lamb and Lion read schedules and refuse options out of range", () => {
  const schedule = (step: number) => step + 1;
  for (const optimizer of [new Lamb({ learningRate: schedule }), new Lion({ learningRate: schedule })]) {
    optimizer.applyGradients([]);
    expect(optimizer.learningRate).toBe(2);
    expect(() => optimizer.getConfig()).toThrow(
      `${optimizer.getClassName()}.getConfig: options must be plain data`,
    );
  }
  expect(() => new Lamb({ learningRate: 1, maxGradNorm: 0 })).toThrow(
    "Lamb: maxGradNorm must be a finite number > 0 or null, got 0",
  );
  expect(() => new Lamb({ learningRate: 1, trustclip: true } as never)).toThrow(
    "Lamb: unknown option 'trustclip'; did you mean 'trustClip'?",
  );
  expect(() => new Lion({ learningRate: 1, beta2: 1 })).toThrow("Lion: beta2 must be in [0, 1), got 1");
  const stray = { name: "no such variable", tensor: tf.scalar(1) };
  expect(() => new Lion({ learningRate: 1 }).applyGradients([stray])).toThrow(
    "Lion: no variable is named 'no such",
  );
});
