// tf.data and tensors as data sources: what they give, and a training on them that is resumed.

import * as tf from "@tensorflow/tfjs-core";
import * as tfd from "@tensorflow/tfjs-data";
import * as tfl from "@tensorflow/tfjs-layers";
import { classification } from "distill-trainer";
import { collect } from "test-kit";
import { startBackend } from "tfjs-backends";
import { AdamW } from "tfjs-optim";
import { beforeAll, expect, test } from "vitest";
import { memoryStorage } from "../checkpoint/test-data.ts";
import { arraySource, type DataSource, fit, fromTensors, fromTfData } from "../index.ts";

beforeAll(() => startBackend("cpu"));

/** Twelve samples of two numbers; the class is whether the first is the larger. */
const rows = Array.from({ length: 12 }, (_, i) => [(i * 7) % 12, (i * 5 + 3) % 12]);
const classes = rows.map(([a, b]) => (a! > b! ? 1 : 0));

function dataset() {
  return tfd.zip({ xs: tfd.array(rows), ys: tfd.array(classes) }) as tfd.Dataset<tf.TensorContainer>;
}

const SIZE = { size: 12, batchSize: 4 };
const SHUFFLED = (epoch: number) => dataset().shuffle(12, `${epoch}`).batch(4);

function newModel(): tfl.LayersModel {
  const kernelInitializer = tfl.initializers.glorotUniform({ seed: 1 });
  return tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [2], kernelInitializer })] });
}

/** Trains for three epochs; `stopAt`: interrupted after that many steps, then resumed with a source of its own. */
async function train(sourceOf: () => DataSource | Promise<DataSource>, stopAt?: number): Promise<number[]> {
  const storage = memoryStorage();
  const run = async (stop?: number): Promise<number[]> => {
    const controller = new AbortController();
    let steps = 0;
    const onBatchEnd = (): void => {
      steps += 1;
      if (steps === stop) controller.abort(new Error("enough"));
    };
    const model = newModel();
    const options = { epochs: 3, checkpoint: { storage, resume: true }, signal: controller.signal } as const;
    const task = classification({ model });
    await fit(task, new AdamW({ learningRate: 0.05 }), await sourceOf(), {
      ...options,
      callbacks: { onBatchEnd },
    });
    return model.getWeights().flatMap((weight) => [...weight.dataSync()]);
  };
  if (stopAt === undefined) return run();
  await expect(run(stopAt)).rejects.toThrow("enough");
  return run();
}

test("a function of the epoch makes a dataset whose training resumes with the same bits", async () => {
  const sourceOf = () => fromTfData(SHUFFLED, SIZE);
  const whole = await train(sourceOf);
  expect(whole).not.toEqual(
    newModel()
      .getWeights()
      .flatMap((weight) => [...weight.dataSync()]),
  );
  for (const steps of [3, 5, 7]) expect(await train(sourceOf, steps)).toEqual(whole);
  const epochs = await Promise.all([0, 1, 0].map((epoch) => collect(sourceOf().batches(epoch))));
  expect(epochs[2]).toEqual(epochs[0]);
  expect(epochs[1]).not.toEqual(epochs[0]);
  expect(await collect(sourceOf().batchesFrom!(1, 2))).toEqual(epochs[1]!.slice(2));
});

test("a dataset in one order resumes exactly; one that shuffles anew is refused", async () => {
  const inOrder = () => fromTfData(dataset().batch(4), SIZE);
  expect(await train(inOrder, 5)).toEqual(await train(inOrder));
  for (const seed of ["7", undefined]) {
    const shuffled = () => fromTfData(dataset().shuffle(12, seed).batch(4), SIZE);
    expect((await train(shuffled)).length).toBe(6); // from the beginning it trains
    await expect(train(shuffled, 5)).rejects.toThrow(
      "fromTfData: expected a dataset with one order, as the run is resumed, got one that shuffles anew in each pass",
    );
  }
});

test("tensors are what arrays are, labels as numbers or one-hot, and bytes what floats are", async () => {
  const images = Float32Array.from(rows.flat());
  const options = { batchSize: 4, seed: 3 };
  const expected = arraySource({ images, shape: [12, 2], labels: classes }, options);
  const [xs, ys] = [tf.tensor2d(rows), tf.tensor1d(classes, "int32")];
  const sources = [
    await fromTensors(xs, ys, options),
    await fromTensors(xs, tf.oneHot(ys, 2), options),
    arraySource({ images: Uint8Array.from(images), shape: [12, 2], labels: classes }, options),
  ];
  for (const source of sources) {
    for (const epoch of [0, 2])
      expect(await collect(source.batches(epoch))).toEqual(await collect(expected.batches(epoch)));
  }
  expect(await train(() => fromTensors(xs, ys, options), 5)).toEqual(await train(() => expected));
  expect([xs.isDisposed, ys.isDisposed]).toEqual([false, false]);
  await expect(fromTensors(xs, tf.tensor1d([1, 0]), options)).rejects.toThrow(
    "fromTensors: ys must be [12] or one-hot [12, classes] for xs [12,2], got [2]",
  );
  await expect(fromTensors(xs, tf.tensor1d(classes.map((c) => c + 0.5)), options)).rejects.toThrow(
    "fromTensors: labels must be integers, got",
  );
  await expect(fromTensors(rows as never, ys, options)).rejects.toThrow(
    "fromTensors: xs must be a tf.Tensor",
  );
});
