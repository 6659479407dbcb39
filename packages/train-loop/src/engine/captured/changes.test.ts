// What callbacks and tasks change between captured steps has the effect that it has without.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { classification } from "distill-trainer";
import { registerStepCapture, stepCapture } from "kernel-contract";
import { startWebGpu } from "test-kit/backends";
import { AdamW } from "tfjs-optim";
import { afterEach, describe, expect, test, vi } from "vitest";
import { stripes } from "../../checkpoint/test-data.ts";
import { fit, type Prepared, type Task } from "../../index.ts";

const missing = await startWebGpu();

function network(): tfl.LayersModel {
  const init = { kernelInitializer: tfl.initializers.glorotUniform({ seed: 3 }) };
  const flat = tfl.layers.flatten({ inputShape: [8, 8, 3] });
  return tfl.sequential({
    layers: [
      flat,
      tfl.layers.dense({ units: 6, activation: "relu", ...init }),
      tfl.layers.dense({ units: 3, ...init }),
    ],
  });
}

interface Case {
  readonly optimizer?: () => tf.Optimizer;
  readonly onEpochEnd?: (model: tfl.LayersModel, epoch: number, kernel: number[]) => void | Promise<void>;
  readonly change?: (task: Task) => Task;
}

/** A training's logs, weights and moments. */
async function resultOf({ optimizer: make, onEpochEnd, change }: Case, capture: boolean) {
  const model = network();
  const optimizer = make?.() ?? new AdamW({ learningRate: 1e-2 });
  const task = classification({ model });
  const end = async (epoch: number) => {
    const kernel = model.layers[1]!.weights[0]!.read();
    await onEpochEnd?.(model, epoch, [...(await kernel.data())]);
  };
  const { history } = await fit(change?.(task) ?? task, optimizer, stripes(19, 5, 3), {
    ...{ epochs: 4, microBatchSize: 2, capture },
    callbacks: { onEpochEnd: end },
  });
  const saved = await optimizer.getWeights();
  const numbers = async (tensors: readonly tf.Tensor[]) =>
    Promise.all(tensors.map(async (tensor) => [...(await tensor.data())]));
  const weights = await numbers(model.weights.map((weight) => weight.read()));
  const moments = await numbers(saved.map(({ tensor }) => tensor));
  saved[0]!.tensor.dispose();
  optimizer.dispose();
  model.dispose();
  return { history, weights, moments };
}

describe.skipIf(missing)(`a training${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  afterEach(() => warn.mockClear());
  const told = () => warn.mock.calls.map(([message]) => String(message));

  test("leaves a layer alone while it is frozen", async () => {
    const before = tf.memory().numTensors;
    const results: unknown[] = [];
    for (const capture of [true, false]) {
      const kernels: number[][] = [];
      const onEpochEnd: Case["onEpochEnd"] = ({ layers }, epoch, kernel) => {
        kernels.push(kernel);
        layers[1]!.trainable = epoch === 2;
      };
      results.push(await resultOf({ onEpochEnd }, capture));
      const [first, second, third, fourth] = kernels;
      expect(second).toEqual(first);
      expect(third).toEqual(first);
      expect(fourth).not.toEqual(first);
    }
    expect(results[0]).toEqual(results[1]);
    expect(told()).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
  }, 240_000);

  test("goes on with weights that a callback has used on another backend", async () => {
    const before = tf.memory().numTensors;
    const results: unknown[] = [];
    const own = stepCapture()!;
    let captures = 0;
    const restore = registerStepCapture("webgpu", (...given) => {
      captures += 1;
      return own(...given);
    });
    for (const capture of [true, false]) {
      const onEpochEnd: Case["onEpochEnd"] = async (model, epoch) => {
        if (epoch !== 1) return;
        for (const weight of model.weights) await weight.read().data(); // without that tfjs cannot move them
        await tf.setBackend("cpu");
        tf.tidy(() => void model.predict(tf.ones([1, 8, 8, 3])));
        await tf.setBackend("webgpu");
      };
      results.push(await resultOf({ onEpochEnd }, capture));
    }
    expect(results[0]).toEqual(results[1]);
    expect(captures).toBe(8); // of first, later and last micro-batches and the update, each of them twice
    expect(told()).toEqual([]);
    expect(tf.memory().numTensors).toBe(before);
    restore();
    registerStepCapture("webgpu", own);
  }, 240_000);

  test("asks an optimizer's functions in each step", async () => {
    const results: unknown[] = [];
    for (const capture of [true, false]) {
      let isLate = false;
      const optimizer = () =>
        new AdamW({
          ...{ learningRate: 1e-2, weightDecay: 0.5 },
          excludeFromDecay: () => isLate,
          learningRateScale: (name) => (isLate && name.includes("bias") ? 0.5 : 1),
        });
      const onEpochEnd = (_: unknown, epoch: number): void => {
        isLate = epoch === 1;
      };
      results.push(await resultOf({ optimizer, onEpochEnd }, capture));
    }
    expect(results[0]).toEqual(results[1]);
    expect(told()).toEqual([]);
  }, 240_000);

  test("of a task that prepares something of its own runs as it is, and says so", async () => {
    const change = (task: Task): Task => ({
      ...task,
      prepare: async (...given) => Object.assign(await task.prepare(...given), { factor: 0.5 }),
      train: (prepared, ...given) => {
        const { factor = 1 } = prepared as Prepared & { factor?: number };
        const outcome = task.train(prepared, ...given);
        return { ...outcome, loss: tf.mul(outcome.loss, factor) as tf.Scalar };
      },
    });
    const actual = await resultOf({ change }, true);
    expect(told()).toEqual([
      "fit: not all of a step is captured: prepare gives 'factor', which is no field of Prepared",
    ]);
    expect(actual).toEqual(await resultOf({ change }, false));
  }, 240_000);
});
