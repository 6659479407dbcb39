// The batches of pictures in memory are those of Node's threads, to the bit.

import { proceduralFlowers } from "flowers-data/node";
import sharp from "sharp";
import { folderOf } from "test-kit";
import { DEIT_AUGMENTATION, DEIT3_AUGMENTATION } from "vision-augment";
import { beforeAll, describe, expect, test } from "vitest";
import { type LabeledPicture, type PictureSourceOptions, pictureSource } from "../browser.ts";
import type { ImageBatch, SampleStore } from "../index.ts";
import { decodeSample, imageSource, keepLabels, openImages } from "../node.ts";

/** The pictures of a store. */
async function picturesOf(store: SampleStore): Promise<LabeledPicture[]> {
  const all = store.keys.map(async (key, i) => {
    const { data, width, height } = await decodeSample(store, i);
    return { key, label: store.labels[i]!, image: { data: new Uint8Array(data), width, height } };
  });
  return Promise.all(all);
}

async function all(batches: AsyncIterable<ImageBatch>): Promise<ImageBatch[]> {
  const list: ImageBatch[] = [];
  for await (const batch of batches) list.push(batch);
  return list;
}

const SIZE = { batchSize: 4, imageSize: 16, seed: 7 } as const;
const VARIANTS: Readonly<Record<string, Omit<PictureSourceOptions, "classNames">>> = {
  "for evaluation": { ...SIZE, training: false },
  "with a center crop": { ...SIZE, training: false, centerCrop: { ratio: 0.8 } },
  "antialiased, in rectangles, for a teacher too": {
    ...{ ...SIZE, imageSize: [8, 16], teacherImageSize: 24, training: true },
    ...{ antialias: true, margin: 3, shuffleBuffer: 5 },
  },
  "of DeiT's augmentation, three views each": {
    ...{ ...SIZE, training: true, augmentation: DEIT_AUGMENTATION, repeats: 3, viewEpochs: 2 },
  },
  "of DeiT III's augmentation, balanced": {
    ...{ ...SIZE, training: true, augmentation: DEIT3_AUGMENTATION, sampling: "balanced" },
  },
};

describe("pictureSource", () => {
  let store: SampleStore;
  let pictures: LabeledPicture[];
  beforeAll(async () => {
    store = await proceduralFlowers({ count: 11, size: 20, seed: 1, workers: 1 });
    pictures = await picturesOf(store);
  });

  test.each(Object.entries(VARIANTS))("has the batches of imageSource, %s", async (_, options) => {
    const { classNames } = store;
    const threads = imageSource(store, { ...options, workers: 1 });
    const here = pictureSource(pictures, { ...options, classNames });
    for (const epoch of [0, 3]) {
      const [expected, got] = [await all(threads.batches(epoch)), await all(here.batches(epoch))];
      expect(got).toEqual(expected);
      expect(got.length).toBe(3);
      expect(await all(here.batchesFrom(epoch, 2))).toEqual(expected.slice(2));
    }
    expect({ ...here, batches: 0, batchesFrom: 0, shardsFrom: 0, close: 0 }).toEqual({
      ...{ size: threads.size, batchSize: 4, skips: false, classNames, viewSettings: threads.viewSettings },
      ...{ batches: 0, batchesFrom: 0, shardsFrom: 0, close: 0 },
    });
    await threads.close();
  });

  test("has the batches of imageSource over files of different sizes", async () => {
    const files = Object.fromEntries(
      await Promise.all(
        pictures.slice(0, 5).map(async ({ image }, i) => {
          const { data, width, height } = image;
          const raw = sharp(data, { raw: { width, height, channels: 3 } });
          return [
            `${i % 2}/${i}.png`,
            await raw
              .resize(16 + i, 20, { fit: "fill" })
              .png()
              .toBuffer(),
          ];
        }),
      ),
    );
    const small = await openImages(await folderOf(files));
    const options = { ...SIZE, training: true };
    const threads = imageSource(small, { ...options, workers: 1 });
    const here = pictureSource(await picturesOf(small), { ...options, classNames: small.classNames });
    expect(await all(here.batches(1))).toEqual(await all(threads.batches(1)));
    await threads.close();
  });

  test("has the label -1 of pictures that nobody labeled, which balanced sampling refuses", async () => {
    const few = await picturesOf(keepLabels(store, { count: 5 }));
    const options = { ...SIZE, training: true, classNames: store.classNames };
    const labels = (await all(pictureSource(few, options).batches(0))).flatMap((batch) => [...batch.labels]);
    expect(labels.filter((label) => label === -1).length).toBe(6);
    expect(() => pictureSource(few, { ...options, sampling: "balanced" })).toThrow(
      /^pictureSource: balanced sampling needs a label of each sample, got none \(-1\) at labels\[\d+\]$/,
    );
  });

  test("knows its views by size and pixels", () => {
    const options = { ...SIZE, training: true, classNames: ["a"] };
    const settingsOf = (width: number, height: number, value = 0) => {
      const image = (length: number) => new Uint8Array(length).fill(value);
      const one = { key: "1", label: 0, image: { data: image(width * height * 3), width, height } };
      const other = { key: "2", label: 0, image: { data: image(3), width: 1, height: 1 } };
      return pictureSource([one, other], options).viewSettings;
    };
    const settings = [settingsOf(2, 3), settingsOf(3, 2), settingsOf(2, 3, 1), settingsOf(6, 1)];
    expect(new Set(settings).size).toBe(4);
    expect(settingsOf(2, 3)).toBe(settings[0]);
  });

  test("gives others a turn between pictures, and stops when it is closed", async () => {
    const source = pictureSource(pictures, {
      ...{ ...SIZE, batchSize: 11, training: false, classNames: store.classNames },
    });
    let turns = 0;
    const timer = setInterval(() => {
      turns += 1;
    });
    const iterator = source.batches(0)[Symbol.asyncIterator]();
    await iterator.next();
    for (let i = 0; i < 200 && turns === 0; i++) await all(source.batches(0));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    const under = source.batches(1)[Symbol.asyncIterator]().next();
    await source.close();
    await source.close();
    await expect(under).rejects.toThrow("pictureSource: batches are to be read before close()");
  });

  test("refuses what does not fit, by name", () => {
    const options = { ...SIZE, training: true, classNames: store.classNames };
    const [first, second] = pictures as [LabeledPicture, LabeledPicture];
    const source = (list: readonly unknown[], more: object = {}) =>
      pictureSource(list as LabeledPicture[], { ...options, ...more });
    expect(() => source([])).toThrow("pictureSource: expected pictures, got an empty list");
    expect(() => source([first, "x"])).toThrow(
      "pictureSource: pictures[1] must be a picture with key, label and image, got 'x'",
    );
    expect(() => source([first, { ...second, key: first.key }])).toThrow(
      `pictureSource: keys must be unique, got '${first.key}' twice`,
    );
    expect(() => source([{ ...first, label: 5 }])).toThrow(
      `pictureSource: '${first.key}': label must be in [0, 5), or -1 for none, got 5`,
    );
    expect(() => source([{ ...first, image: { ...first.image, width: 19 } }])).toThrow(
      `pictureSource: '${first.key}': image must have bytes of RGB, 3 a pixel, got 1200 bytes for 19x20 pixels`,
    );
    expect(() => source(Array(2))).toThrow(
      "pictureSource: pictures[0] must be a picture with key, label and image, got undefined",
    );
    const fractional = { data: new Uint8Array(9), width: 1.5, height: 2 };
    expect(() => source([{ ...first, image: fractional }])).toThrow("got 9 bytes for 1.5x2 pixels");
    for (const classNames of [["a", 1], Array(5)])
      expect(() => source([first], { classNames })).toThrow(
        "pictureSource: classNames must be a list of names, got ",
      );
    expect(() => source([{ ...first, image: { data: new Float32Array(3), width: 1, height: 1 } }])).toThrow(
      "3 a pixel, got none",
    );
    expect(() => source([first], { augmentation: DEIT_AUGMENTATION, margin: 2 })).toThrow(
      "pictureSource: expected a margin or an augmentation, got both",
    );
    expect(() => source([first], { workers: 2 })).toThrow("pictureSource: unknown option 'workers'");
  });
});
