// The rows of several ranks are those of whole batches, to the bit, in Node's threads and in memory.

import { proceduralFlowers } from "flowers-data/node";
import { type RankShare, rowsOfRank } from "sample-keys";
import { collect, folderOf, rowsAt } from "test-kit";
import { smallSet } from "test-kit/pictures";
import { DEIT_AUGMENTATION } from "vision-augment";
import { beforeAll, describe, expect, test } from "vitest";
import { type LabeledPicture, pictureSource } from "../browser.ts";
import { type ImageShard, MULTI_LABEL, SampleStore } from "../index.ts";
import { decodeSample, type ImageSource, imageSource, openImages } from "../node.ts";
import type { ImageBatchOptions } from "./batch-options.ts";

const SIZE = { batchSize: 4, imageSize: 8, training: true, seed: 7 } as const;
const VARIANTS: Readonly<Record<string, ImageBatchOptions>> = {
  "for evaluation": { ...SIZE, training: false },
  "in batches of one, fewer than ranks": { ...SIZE, batchSize: 1 },
  "in odd batches": { ...SIZE, batchSize: 5 },
  "for a teacher too, in rectangles": { ...SIZE, imageSize: [4, 8], teacherImageSize: 12, shuffleBuffer: 5 },
  "three views each, which repeat": {
    ...{ ...SIZE, augmentation: DEIT_AUGMENTATION, repeats: 3, viewEpochs: 2 },
  },
  balanced: { ...SIZE, sampling: "balanced" },
};
const SHARES: RankShare[] = [1, 2, 3, 4].flatMap((size) =>
  Array.from({ length: size }, (_, rank) => ({ rank, size })),
);

let store: SampleStore;
let pictures: LabeledPicture[];
beforeAll(async () => {
  store = await proceduralFlowers({ count: 11, size: 20, seed: 1, workers: 1 }); // 4, 4 and 3 of a batch of 4
  pictures = await Promise.all(
    store.keys.map(async (key, i) => {
      const { data, width, height } = await decodeSample(store, i);
      return { key, label: store.labels[i]!, image: { data: new Uint8Array(data), width, height } };
    }),
  );
});

/** Checks the shards of all ranks against the whole batches. */
async function requireShards(source: ImageSource): Promise<void> {
  for (const [epoch, first] of [
    [0, 0],
    [3, 1],
  ] as const) {
    const whole = await collect(source.batchesFrom(epoch, first));
    for (const share of SHARES) {
      const expected = whole.map((batch): ImageShard => {
        const rows = rowsOfRank(batch.labels.length, share);
        return { batch: rowsAt(batch, rows), rows, sampleKeys: batch.sampleKeys };
      });
      expect(await collect(source.shardsFrom!(epoch, first, share))).toEqual(expected);
    }
  }
}

describe("shardsFrom", () => {
  test.each(Object.entries(VARIANTS))(
    "has a rank's rows of imageSource's batches, %s",
    async (_, options) => {
      const source = imageSource(store, { ...options, workers: 2 });
      await requireShards(source);
      await source.close();
    },
  );

  test.each(Object.entries(VARIANTS))("has those of pictureSource's, %s", async (_, options) => {
    await requireShards(pictureSource(pictures, { ...options, classNames: store.classNames }));
  });

  test("has the targets of pictures with several labels", async () => {
    const classes = store.classNames.length;
    const several = new SampleStore({
      ...store,
      labels: Int32Array.from(store.labels, (_, i) => (i === 2 ? -1 : MULTI_LABEL)),
      multiHot: Uint8Array.from({ length: 11 * classes }, (_, i) =>
        Number(i % 3 === 0 && Math.floor(i / classes) !== 2),
      ),
    });
    const source = imageSource(several, { ...SIZE, workers: 1 });
    await requireShards(source);
    await source.close();
  });

  test("decodes no other rank's rows", async () => {
    const root = await folderOf({ ...(await smallSet()), "photos/a/1.jpg": "not a picture" });
    const photos = await openImages(root);
    const source = imageSource(photos, { ...SIZE, training: false, workers: 1 }); // a/1, a/2, b/1, b/2
    const labelsOf = async (rank: number) =>
      (await collect(source.shardsFrom!(0, 0, { rank, size: 2 }))).map(({ batch }) => [...batch.labels]);
    expect(await labelsOf(1)).toEqual([[0, 1]]); // a/2 and b/1
    await expect(labelsOf(0)).rejects.toThrow("a/1.jpg: expected a picture that decodes, got: ");
    await source.close();
  });

  test("is not there where pictures are skipped, and refuses a rank out of range and use after close", async () => {
    const skipping = imageSource(store, { ...SIZE, workers: 1, onBadImage: "skip" });
    expect("shardsFrom" in skipping).toBe(false);
    expect((await collect(skipping.batches(0))).length).toBe(3);
    await skipping.close();
    const here = pictureSource(pictures, { ...SIZE, classNames: store.classNames });
    const threads = imageSource(store, { ...SIZE, workers: 1 });
    for (const [name, source] of Object.entries({ pictureSource: here, imageSource: threads })) {
      await expect(collect(source.shardsFrom!(0, 0, { rank: 2, size: 2 }))).rejects.toThrow(
        "rowsOfRank: rank must be an integer in [0, 2), got 2",
      );
      await source.close();
      await expect(collect(source.shardsFrom!(0, 0, { rank: 0, size: 2 }))).rejects.toThrow(
        `${name}: batches are to be read before close()`,
      );
    }
  });
});
