import * as tf from "@tensorflow/tfjs-core";
import { proceduralFlowers } from "flowers-data/node";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { imageSource } from "./node.ts";
import { toTensors, toTfDataset } from "./tensors.ts";

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(async () => {
    await startBackend(backend);
  });

  test("toTensors and toTfDataset give a batch's values and leak nothing", async () => {
    const store = await proceduralFlowers({ count: 10, size: 8, seed: 1, workers: 1 });
    const source = imageSource(store, {
      batchSize: 6,
      imageSize: 8,
      teacherImageSize: 4,
      training: false,
      workers: 1,
    });
    const before = tf.memory().numTensors;
    for await (const batch of source.batches(0)) {
      const { images, teacherImages, labels } = toTensors(batch);
      expect(images.shape).toEqual(batch.shape);
      expect(await images.data()).toEqual(batch.images);
      expect(teacherImages!.shape).toEqual(batch.teacherShape);
      expect(await labels.data()).toEqual(batch.labels);
      expect(labels.dtype).toBe("int32");
      tf.dispose([images, teacherImages!, labels]);
    }
    const shapes: number[][][] = [];
    const classes: number[] = [];
    await toTfDataset(source).forEachAsync(({ xs, ys }) => {
      shapes.push([xs.shape, ys.shape]);
      classes.push(...tf.tidy(() => [...tf.argMax(ys, 1).dataSync()]));
      tf.dispose([xs, ys]);
    });
    await source.close();
    expect(shapes).toEqual([
      [
        [6, 8, 8, 3],
        [6, 5],
      ],
      [
        [4, 8, 8, 3],
        [4, 5],
      ],
    ]);
    expect(classes).toEqual([...store.labels]);
    expect(tf.memory().numTensors).toBe(before);
  });
});
