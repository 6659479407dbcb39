// Several programs that compute a model's features together, each its rows of each batch.

import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { proceduralFlowers } from "flowers-data/node";
import { type ImageSource, imageSource } from "image-source/node";
import { errorOverLargest } from "test-kit";
import { startBackend } from "tfjs-backends";
import { arraySource, type Communicator, type DataSource } from "train-loop";
import { afterAll, beforeAll, expect, test } from "vitest";
import { extractFeatures, type FeatureExtractor, fineTune, hyperRule, linearProbe } from "../index.ts";

const SIZE = 11; // batches of 4, 4 and 3

type Numbers = ArrayBufferView & { set(values: ArrayLike<never>): void };

/** Programs of one thread: each operation is done when the last of them has come. */
function together(size: number): Communicator[] {
  let waiting = new Map<number, { readonly values: Numbers; readonly resolve: () => void }>();
  const meet = (rank: number, values: Numbers, join: (all: readonly Numbers[]) => Numbers) =>
    new Promise<void>((resolve) => {
      waiting.set(rank, { values, resolve });
      if (waiting.size < size) return;
      const all = Array.from({ length: size }, (_, one) => waiting.get(one)!);
      waiting = new Map();
      const joined = join(all.map((one) => one.values));
      for (const one of all) {
        one.values.set(joined as never);
        one.resolve();
      }
    });
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    allreduce: (values: Float32Array) =>
      meet(rank, values, (all) =>
        values.map((_, i) => all.reduce((sum, one) => sum + (one as Float32Array)[i]!, 0)),
      ),
    broadcast: (values: ArrayBufferView, root: number) => meet(rank, values as Numbers, (all) => all[root]!),
    barrier: () => meet(rank, new Float32Array(0), (all) => all[0]!),
  }));
}

let photos: ImageSource;
let model: tfl.LayersModel;
beforeAll(async () => {
  await startBackend("cpu");
  const store = await proceduralFlowers({ count: SIZE, size: 12, seed: 1, workers: 1 });
  photos = imageSource(store, { batchSize: 4, imageSize: 8, training: false, workers: 1 });
  const kernelInitializer = tfl.initializers.glorotNormal({ seed: 1 });
  model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ filters: 5, kernelSize: 4, inputShape: [8, 8, 3], kernelInitializer }),
      tfl.layers.globalAveragePooling2d({}),
    ],
  });
});
afterAll(() => photos.close());

test.each([1, 2, 3, 4])(
  "%d programs get the features of one, each of which has computed a part",
  async (size) => {
    const expected = await extractFeatures(model, photos);
    expect(expected.labels.length).toBe(SIZE);
    const { shardsFrom: _, ...whole } = { ...photos };
    const skipping = { ...photos, skips: true };
    for (const source of [photos, whole, skipping] as DataSource[]) {
      let rows = 0;
      const counting: FeatureExtractor = {
        width: 5,
        features(images) {
          rows += images.shape[0]!;
          return model.predict(images) as tf.Tensor2D;
        },
      };
      const preprocess = (images: tf.Tensor) => tf.sub(tf.div(images, 127.5), 1);
      const all = await Promise.all(
        together(size).map((communicator) =>
          extractFeatures(counting, source, { communicator, preprocess, microBatchSize: 2 }),
        ),
      );
      expect(all).toEqual(all.map(() => expected));
      expect(rows).toBe(SIZE);
    }
  },
);

test("samples without a label keep that, and a program may have none of a batch", async () => {
  const images = Float32Array.from({ length: 2 * 192 }, (_, i) => i % 256);
  const source = arraySource(
    { images, shape: [2, 8, 8, 3], labels: [-1, 4] },
    { batchSize: 1, shuffle: false },
  );
  const steps: number[] = [];
  const all = await Promise.all(
    together(3).map((communicator) =>
      extractFeatures(model, source, { communicator, onProgress: (done) => steps.push(done) }),
    ),
  );
  expect(all.map(({ labels }) => [...labels])).toEqual([-1, -1, -1].map((none) => [none, 4]));
  expect(all[2]).toEqual(await extractFeatures(model, source));
  expect(steps.sort()).toEqual([1, 1, 1, 2, 2, 2]);
});

test("a probe and a fine-tuning of several programs are those of one", async () => {
  const probed = async (communicator?: Communicator) => {
    const options = { classes: 5, epochs: 3, batchSize: 4, ...(communicator && { communicator }) };
    const { model: probe } = await linearProbe(model, photos, options);
    return weightsOf(probe).at(-2)!;
  };
  const tuned = async (communicator?: Communicator) => {
    const kernelInitializer = tfl.initializers.glorotNormal({ seed: 2 });
    const classifier = tfl.sequential({
      layers: [
        tfl.layers.flatten({ inputShape: [8, 8, 3] }),
        tfl.layers.dense({ units: 5, kernelInitializer }),
      ],
    });
    const rule = { ...hyperRule({ size: SIZE, batchSize: 4, steps: 5, baseLearningRate: 1 }), mixup: 0.3 };
    await fineTune(classifier, photos, { rule, ...(communicator && { communicator }) });
    return weightsOf(classifier)[0]!;
  };
  for (const [run, steps] of [
    [probed, 9],
    [tuned, 5],
  ] as const) {
    const expected = await run();
    let sums = 0;
    const counting = (one: Communicator): Communicator => ({
      ...one,
      allreduce: (values) => {
        sums += 1;
        return one.allreduce(values);
      },
    });
    const all = await Promise.all(together(3).map((one) => run(counting(one))));
    for (const weights of all) expect(errorOverLargest(weights, expected)).toBeLessThan(1e-5);
    expect(sums).toBeGreaterThanOrEqual(3 * steps); // each has summed its gradients
  }
});

const weightsOf = (of: tfl.LayersModel) => of.getWeights().map((weight) => weight.dataSync() as Float32Array);

test("refuses what is not a communicator", async () => {
  await expect(
    extractFeatures(model, photos, { communicator: { rank: 0, size: 1 } as never }),
  ).rejects.toThrow("extractFeatures: communicator must be a Communicator, got");
});
