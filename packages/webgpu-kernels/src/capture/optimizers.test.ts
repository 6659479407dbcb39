// Optimizers and averages that several captured steps use, or one step several times.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { startWebGpu } from "test-kit/backends";
import { AdamW, emaWarmup, Lamb, Lion, ModelEma, type ScheduledOptions } from "tfjs-optim";
import { describe, expect, test } from "vitest";
import { captureStep } from "./capture-step.ts";

const missing = await startWebGpu();
const X = { x: { shape: [2] } } as const;
const learningRate = (step: number): number => 0.1 / (1 + step);

const KINDS: [string, (options: ScheduledOptions) => tf.Optimizer][] = [
  ["AdamW", (options) => new AdamW(options)],
  ["Lamb", (options) => new Lamb(options)],
  ["Lion", (options) => new Lion(options)],
];

/** A step of an optimizer towards x. */
function approach(w: tf.Variable, optimizer: tf.Optimizer, x: tf.Tensor): tf.Scalar {
  const { value, grads } = tf.variableGrads(() => tf.sum(tf.square(tf.sub(w, x))) as tf.Scalar, [w]);
  optimizer.applyGradients(grads);
  tf.dispose(grads);
  return value;
}

describe.skipIf(missing).each(KINDS)(`%s${missing ? ` (skipped: ${missing})` : ""}`, (_, make) => {
  const both = () =>
    [1, 2].map(() => tf.tidy(() => tf.variable(tf.tensor1d([1, 2])))) as [tf.Variable, tf.Variable];
  const plain = (w: tf.Variable, optimizer: tf.Optimizer, x: Float32Array) =>
    tf.tidy(() => void approach(w, optimizer, tf.tensor1d(x)));

  test("goes on with one step where another has left off, and with moments that were set", async () => {
    const [w, same] = both();
    const [optimizer, other] = [make({ learningRate }), make({ learningRate })];
    const capture = () => captureStep(({ x }) => ({ loss: approach(w, optimizer, x) }), { inputs: X });
    const steps = await Promise.all([capture(), capture()]);
    for (let i = 0; i < 6; i++) {
      const x = Float32Array.of(i, 3);
      await steps[i % 2]!.run({ x });
      plain(same, other, x);
      expect(await w.data()).toEqual(await same.data());
      if (i !== 3) continue;
      const saved = await other.getWeights();
      await optimizer.setWeights(saved);
      saved[0]!.tensor.dispose();
    }
    for (const step of steps) step.dispose();
    tf.dispose([w, same]);
    optimizer.dispose();
    other.dispose();
  });

  test("takes several steps in one, each with its own rate and count", async () => {
    const before = tf.memory().numTensors;
    const [w, same] = both();
    const [optimizer, other] = [make({ learningRate }), make({ learningRate })];
    const step = await captureStep(
      ({ x }) => {
        approach(w, optimizer, x);
        return { loss: approach(w, optimizer, x) };
      },
      { inputs: X },
    );
    for (let i = 0; i < 3; i++) {
      const x = Float32Array.of(i, 3);
      await step.run({ x });
      plain(same, other, x);
      plain(same, other, x);
      expect(await w.data()).toEqual(await same.data());
    }
    expect(optimizer.iterations).toBe(6);
    step.dispose();
    tf.dispose([w, same]);
    optimizer.dispose();
    other.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});

test.skipIf(missing)("an average takes several updates in one step, each with its own decay", async () => {
  const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [1], useBias: false })] });
  const weight = model.weights[0]!.read() as tf.Variable;
  weight.assign(tf.zeros([1, 2]));
  const [ema, same] = [1, 2].map(() => new ModelEma(model, { decay: emaWarmup({ decay: 0.9 }) }));
  const twice = (average: ModelEma, x: tf.Tensor): void => {
    for (let i = 0; i < 2; i++) {
      weight.assign(tf.add(weight, x));
      average.update();
    }
  };
  const step = await captureStep(
    ({ x }) => {
      twice(ema!, x);
      return {};
    },
    { inputs: { x: { shape: [1, 2] } } },
  );
  const start = tf.clone(weight);
  for (let i = 0; i < 3; i++) await step.run({ x: Float32Array.of(1, 2) });
  step.dispose();
  weight.assign(start as never);
  for (let i = 0; i < 3; i++) tf.tidy(() => twice(same!, tf.tensor2d([[1, 2]])));
  expect(await ema!.weights[0]!.data()).toEqual(await same!.weights[0]!.data());
  expect(ema!.updates).toBe(6);
  ema!.dispose();
  same!.dispose();
  start.dispose();
  model.dispose();
});
