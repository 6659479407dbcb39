// Several programs that compute a model's features together, each its rows of each batch.

import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { proceduralFlowers } from "flowers-data/node";
import { type ImageSource, imageSource } from "image-source/node";
import { startBackend } from "tfjs-backends";
import { arraySource, type Communicator, type DataSource } from "train-loop";
import { afterAll, beforeAll, expect, test } from "vitest";
import { extractFeatures, type FeatureExtractor } from "../index.ts";

const SIZE = 11; // batches of 4, 4 and 3

/** Programs of one thread that add their numbers when the last one has come. */
function together(size: number): Communicator[] {
  let waiting: { readonly values: Float32Array; readonly resolve: () => void }[] = [];
  return Array.from({ length: size }, (_, rank) => ({
    rank,
    size,
    allreduce(values: Float32Array) {
      return new Promise<void>((resolve) => {
        waiting.push({ values, resolve });
        if (waiting.length < size) return;
        const sum = values.map((_, i) => waiting.reduce((total, one) => total + one.values[i]!, 0));
        for (const one of waiting) {
          one.values.set(sum);
          one.resolve();
        }
        waiting = [];
      });
    },
    broadcast: () => Promise.reject(new Error("not used")),
    barrier: () => Promise.reject(new Error("not used")),
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

test("refuses what is not a communicator", async () => {
  await expect(
    extractFeatures(model, photos, { communicator: { rank: 0, size: 1 } as never }),
  ).rejects.toThrow("extractFeatures: communicator must be a Communicator, got");
});
