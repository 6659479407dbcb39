import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { proceduralFlowers } from "flowers-data/node";
import { sampleKey } from "sample-keys";
import { folderOf, sharedData } from "test-kit";
import { jpeg, smallSet } from "test-kit/pictures";
import { DEIT_AUGMENTATION, viewOf } from "vision-augment";
import { beforeAll, describe, expect, test } from "vitest";
import type { BadImage, ImageBatch, SampleStore } from "../index.ts";
import { batches, decodeImage, imageSource, openImages } from "../node.ts";

const originals = sharedData("data/flowers/originals");
const TRAINING = {
  batchSize: 4,
  imageSize: 16,
  teacherImageSize: 24,
  training: true,
  seed: 7,
  workers: 1,
} as const;

async function all(iterable: AsyncIterable<ImageBatch>): Promise<ImageBatch[]> {
  const list: ImageBatch[] = [];
  for await (const batch of iterable) list.push(batch);
  return list;
}

describe("imageSource", () => {
  let drawn: SampleStore;
  beforeAll(async () => {
    drawn = await proceduralFlowers({ count: 18, size: 20, seed: 1, workers: 1 });
  });

  test("gives every sample once an epoch, each row made from its own sample and key", async () => {
    const source = imageSource(drawn, TRAINING);
    const epoch = await all(source.batches(3));
    await source.close();
    expect(epoch.map(({ labels }) => labels.length)).toEqual([4, 4, 4, 4, 2]);
    const indices = epoch.flatMap((batch) => [...batch.indices]);
    expect([...indices].sort((a, b) => a - b)).toEqual(Array.from({ length: 18 }, (_, i) => i));
    expect(indices).not.toEqual([...indices].sort((a, b) => a - b));
    const batch = epoch[1]!;
    const [index, key] = [batch.indices[2]!, batch.sampleKeys[2]!];
    expect(key).toBe(sampleKey(7, 3, index));
    expect(batch.labels[2]).toBe(drawn.labels[index]);
    expect(batch.shape).toEqual([4, 16, 16, 3]);
    expect(batch.teacherShape).toEqual([4, 24, 24, 3]);
    const image = { data: new Uint8Array(drawn.bytesOf(index)), width: 20, height: 20 };
    const student = viewOf(image, { kind: "training", size: 16, key });
    expect(batch.images.subarray(2 * 768, 3 * 768)).toEqual(student.data);
    const teacher = viewOf(image, { kind: "training", size: 24, key, margin: Math.round((1 * 24) / 16) });
    expect(batch.teacherImages!.subarray(2 * 1728, 3 * 1728)).toEqual(teacher.data);
  });

  test("makes rectangles, and the same part of a picture for a square teacher", async () => {
    const options = { ...TRAINING, imageSize: [8, 16], teacherImageSize: 24, margin: 2 } as const;
    const [batch] = await all(batches(drawn, options));
    expect([batch!.shape, batch!.teacherShape]).toEqual([
      [4, 8, 16, 3],
      [4, 24, 24, 3],
    ]);
    expect(batch!.imageSize).toEqual([8, 16]);
    const [index, key] = [batch!.indices[1]!, batch!.sampleKeys[1]!];
    const image = { data: new Uint8Array(drawn.bytesOf(index)), width: 20, height: 20 };
    const student = viewOf(image, { kind: "training", size: [8, 16], key, margin: 2 });
    expect(batch!.images.subarray(384, 768)).toEqual(student.data);
    const teacher = viewOf(image, { kind: "training", size: 24, key, margin: [6, 3] });
    expect(batch!.teacherImages!.subarray(1728, 2 * 1728)).toEqual(teacher.data);
    for (const one of [
      { augmentation: DEIT_AUGMENTATION, margin: undefined },
      { training: false, centerCrop: {} },
    ]) {
      const { margin: _, ...rest } = { ...options, ...one };
      const [other] = await all(batches(drawn, rest));
      expect(other!.images.length).toBe(4 * 8 * 16 * 3);
      expect(other!.images.every(Number.isFinite)).toBe(true);
    }
    const views = async (imageSize: number | readonly [number, number]) => {
      const source = imageSource(drawn, { ...TRAINING, imageSize });
      const { viewSettings } = source;
      await source.close();
      return viewSettings;
    };
    expect(await views([16, 16])).toBe(await views(16)); // stored logits of one are the other's
    expect(await views([16, 8])).not.toBe(await views([8, 16]));
    expect(() => imageSource(drawn, { ...TRAINING, imageSize: [0, 8] })).toThrow(
      "imageSource: imageSize must be an integer >= 1 or [height, width], got [0,8]",
    );
  });

  test("gives the same bits with one thread and with two, and other ones in another epoch", async () => {
    const one = imageSource(drawn, TRAINING);
    const two = imageSource(drawn, { ...TRAINING, workers: 2, prefetch: 5 });
    const epoch = await all(one.batches(0));
    expect(await all(two.batches(0))).toEqual(epoch);
    expect(await all(one.batches(0))).toEqual(epoch);
    expect((await all(one.batches(1)))[0]!.images).not.toEqual(epoch[0]!.images);
    await Promise.all([one.close(), two.close()]);
  });

  test("for evaluation keeps the store's order and shows whole pictures", async () => {
    const [batch] = await all(batches(drawn, { batchSize: 18, imageSize: 8, training: false, workers: 1 }));
    expect([...batch!.labels]).toEqual([...drawn.labels]);
    expect(batch!.teacherImages).toBeUndefined();
    const image = { data: new Uint8Array(drawn.bytesOf(5)), width: 20, height: 20 };
    expect(batch!.images.subarray(5 * 192, 6 * 192)).toEqual(
      viewOf(image, { kind: "evaluation", size: 8 }).data,
    );
  });

  test("goes on making batches while the main thread is busy", async () => {
    const source = imageSource(drawn, { ...TRAINING, batchSize: 2, prefetch: 3 });
    const iterator = source.batches(0)[Symbol.asyncIterator]();
    await iterator.next();
    const until = Date.now() + 400;
    while (Date.now() < until); // as a training step does
    // What was made meanwhile arrives within one turn of the event loop each.
    const arrived = [iterator.next(), iterator.next(), iterator.next()];
    expect((await Promise.all(arrived)).every(({ done }) => done === false)).toBe(true);
    await iterator.return?.();
    await source.close();
  });

  test("can be closed while a finished batch is on its way", async () => {
    for (let i = 0; i < 5; i++) {
      const source = imageSource(drawn, { ...TRAINING, batchSize: 2, prefetch: 3 });
      const iterator = source.batches(0)[Symbol.asyncIterator]();
      await iterator.next();
      const until = Date.now() + 50;
      while (Date.now() < until); // replies pile up meanwhile
      await source.close();
      await iterator.return?.();
    }
  });

  test("starts an epoch at any batch, and gives nothing after the last", async () => {
    const source = imageSource(drawn, TRAINING);
    const whole = await all(source.batches(3));
    for (const first of [0, 1, whole.length - 1, whole.length]) {
      expect(await all(source.batchesFrom(3, first))).toEqual(whole.slice(first));
    }
    await source.close();
  });

  test("can be left early and closed twice, and says so when used after", async () => {
    const source = imageSource(drawn, TRAINING);
    for await (const _ of source.batches(0)) break;
    await source.close();
    await source.close();
    await expect(all(source.batches(1))).rejects.toThrow(
      "imageSource: batches are to be read before close()",
    );
  });

  test("augments as DeiT does, each row from its own key, with any number of threads", async () => {
    const options = { ...TRAINING, augmentation: DEIT_AUGMENTATION };
    const epoch = await all(batches(drawn, options));
    expect(await all(batches(drawn, { ...options, workers: 2 }))).toEqual(epoch);
    const { images, teacherImages, indices, sampleKeys } = epoch[2]!;
    const image = { data: new Uint8Array(drawn.bytesOf(indices[1]!)), width: 20, height: 20 };
    const view = { kind: "augmented", key: sampleKeys[1]!, augmentation: DEIT_AUGMENTATION } as const;
    expect(images.subarray(768, 2 * 768)).toEqual(viewOf(image, { ...view, size: 16 }).data);
    expect(teacherImages!.subarray(1728, 2 * 1728)).toEqual(viewOf(image, { ...view, size: 24 }).data);
  });

  test("for evaluation shows the middle if asked to", async () => {
    const options = { batchSize: 18, imageSize: 8, training: false, workers: 1, centerCrop: { ratio: 0.5 } };
    const [batch] = await all(batches(drawn, options));
    const image = { data: new Uint8Array(drawn.bytesOf(4)), width: 20, height: 20 };
    const middle = viewOf(image, { kind: "center", size: 8, ratio: 0.5 });
    expect(batch!.images.subarray(4 * 192, 5 * 192)).toEqual(middle.data);
  });

  test("repeats samples in an epoch of the same length, each time with a key of its own", async () => {
    const source = imageSource(drawn, { ...TRAINING, repeats: 3 });
    const epoch = await all(source.batches(1));
    await source.close();
    expect(source.size).toBe(18);
    const indices = epoch.flatMap((batch) => [...batch.indices]);
    expect(indices.length).toBe(18);
    expect(new Set(indices).size).toBe(6);
    indices.forEach((index, i) => void expect(index).toBe(indices[i - (i % 3)]));
    const sampleKeys = epoch.flatMap((batch) => [...batch.sampleKeys]);
    expect(new Set(sampleKeys).size).toBe(18);
    expect(sampleKeys[0]).toBe(sampleKey(7, 1, indices[0]!)); // the first is the one that it has without repeats
  });

  test("shows the same views, under the same keys, after viewEpochs epochs; order and sample keys are new", async () => {
    const source = imageSource(drawn, { ...TRAINING, viewEpochs: 2, repeats: 2 });
    const views = async (epoch: number) => {
      const rows = (await all(source.batches(epoch))).flatMap(({ images, teacherImages, ...batch }) =>
        [...batch.viewKeys].map((viewKey, row) => {
          const pixels = [
            images.slice(row * 768, (row + 1) * 768),
            teacherImages!.slice(row * 1728, (row + 1) * 1728),
          ];
          return { viewKey, pixels, sampleKey: batch.sampleKeys[row]! };
        }),
      );
      return new Map(rows.map(({ viewKey, ...row }) => [viewKey, row]));
    };
    const epochs = [await views(0), await views(1), await views(2)];
    await source.close();
    for (const epoch of epochs) expect(epoch.size).toBe(18);
    const [first, second, third] = epochs as [Views, Views, Views];
    type Views = Awaited<ReturnType<typeof views>>;
    expect([...first.keys()].filter((key) => second.has(key))).toEqual([]);
    const again = [...third.keys()].filter((key) => first.has(key));
    expect(again.length).toBeGreaterThan(0); // an epoch of repeated samples shows a half of them
    for (const key of again) {
      expect(third.get(key)!.pixels).toEqual(first.get(key)!.pixels);
      expect(third.get(key)!.sampleKey).not.toBe(first.get(key)!.sampleKey);
    }
    expect([...third.keys()]).not.toEqual([...first.keys()]);
  });

  test("keys fixed views of evaluation by their sample alone, whatever the epoch", async () => {
    const source = imageSource(drawn, { ...TRAINING, training: false });
    const keys = async (epoch: number) => (await all(source.batches(epoch))).flatMap((b) => [...b.viewKeys]);
    const first = await keys(0);
    expect(await keys(5)).toEqual(first);
    await source.close();
    expect(new Set(first).size).toBe(18);
  });

  test("tells in its view settings what decides pixels, and nothing else", async () => {
    const settingsOf = async (options: object, store = drawn) => {
      const source = imageSource(store, { ...TRAINING, ...options });
      await source.close();
      return source.viewSettings;
    };
    const plain = await settingsOf({});
    for (const options of [{ seed: 8 }, { batchSize: 2 }, { workers: 2 }, { viewEpochs: 3 }]) {
      expect(await settingsOf(options)).toBe(plain);
    }
    const others = [
      await settingsOf({ teacherImageSize: 32 }),
      await settingsOf({ margin: 3 }),
      await settingsOf({ antialias: true }),
      await settingsOf({ training: false }),
      await settingsOf({ augmentation: DEIT_AUGMENTATION }),
      await settingsOf({ augmentation: { flip: 0 } }),
      await settingsOf({}, drawn.subset([1, 0])),
    ];
    expect(new Set([plain, ...others]).size).toBe(8);
  });

  test("does not keep a process alive, closed or not", async () => {
    const script = `
      import { imageSource } from ${JSON.stringify(new URL("../node.ts", import.meta.url).href)};
      import { proceduralFlowers } from ${JSON.stringify(import.meta.resolve("flowers-data/node"))};
      const store = await proceduralFlowers({ count: 8, size: 8, seed: 1, workers: 1 });
      const source = imageSource(store, { batchSize: 2, imageSize: 8, training: true, workers: 1 });
      for await (const batch of source.batches(0)) { process.stdout.write(batch.shape.join()); break; }`;
    const tsx = import.meta.resolve("tsx");
    const flags = ["--import", tsx, "--conditions=@deit/source", "--input-type=module", "-e", script];
    const { stdout } = await promisify(execFile)(process.execPath, flags, { timeout: 30_000 });
    expect(stdout).toBe("2,8,8,3");
  });

  test("names the picture that does not decode, or skips and reports it", async () => {
    const cut = (await jpeg(9, "rgb", 64)).subarray(0, -2);
    const root = await folderOf({
      ...(await smallSet()),
      "photos/a/3.jpg": "no picture",
      "photos/b/0.jpg": cut,
    });
    const store = await openImages(root);
    const options = { batchSize: 3, imageSize: 8, training: false, workers: 1 } as const;
    await expect(all(batches(store, options))).rejects.toThrow(
      "a/3.jpg: expected a picture that decodes, got: ",
    );
    const skipped: BadImage[] = [];
    const epoch = await all(
      batches(store, { ...options, onBadImage: "skip", onSkip: (bad) => skipped.push(bad) }),
    );
    expect(skipped.map(({ key }) => key)).toEqual(["a/3.jpg", "b/0.jpg"]);
    expect(epoch.map(({ shape }) => shape[0])).toEqual([2, 2]);
    expect(epoch.flatMap(({ indices }) => [...indices])).toEqual([0, 1, 4, 5]);
    expect(epoch[0]!.images.length).toBe(2 * 192);
  });

  test("shuffles with a buffer as tf.data does: no sample comes before its turn in the buffer", async () => {
    const epoch = await all(batches(drawn, { ...TRAINING, shuffleBuffer: 4 }));
    const indices = epoch.flatMap((batch) => [...batch.indices]);
    expect(new Set(indices).size).toBe(18);
    indices.forEach((index, at) => void expect(index).toBeLessThan(at + 4));
  });

  test.skipIf(originals === undefined)("decodes the 25 original photos", async () => {
    const store = await openImages(originals!);
    expect(store.size).toBe(25);
    const [batch] = await all(batches(store, { batchSize: 25, imageSize: 32, training: false, workers: 1 }));
    expect(batch!.shape).toEqual([25, 32, 32, 3]);
    expect(batch!.images.every((v) => v >= 0 && v <= 255)).toBe(true);
    expect(readdirSync(join(originals!, store.classNames[0]!)).length).toBe(5);
  });

  test("refuses options that are out of range", () => {
    expect(() => imageSource(drawn, { ...TRAINING, batchSize: 0 })).toThrow(
      "imageSource: batchSize must be an integer >= 1",
    );
    expect(() => imageSource(drawn, { ...TRAINING, seed: -1 })).toThrow(
      "seed must be an integer in [0, 2^32), got -1",
    );
    expect(() => imageSource(drawn, { ...TRAINING, margin: 0.5 })).toThrow(
      "margin must be an integer >= 0, got 0.5",
    );
    expect(() => imageSource(drawn, { ...TRAINING, margin: 2, augmentation: {} })).toThrow(
      "imageSource: expected a margin or an augmentation, got both",
    );
    expect(() => imageSource(drawn, { ...TRAINING, augmentation: { flip: 2 } })).toThrow(
      "Augmentation: flip must be in [0, 1], got 2",
    );
    expect(() => imageSource(drawn, { ...TRAINING, repeats: 0 })).toThrow(
      "repeats must be an integer >= 1, got 0",
    );
    expect(() => imageSource(drawn, { ...TRAINING, viewEpochs: 0 })).toThrow(
      "viewEpochs must be an integer >= 1, got 0",
    );
    expect(() => imageSource(drawn.subset([]), TRAINING)).toThrow(
      "expected a store with images, got an empty one",
    );
    expect(() => drawn.subset([18])).toThrow("SampleStore.subset: indices must be in [0, 18), got 18");
  });
});

describe("decodeImage", () => {
  test.each(["rgb", "gray", "cmyk"] as const)("gives RGB for a %s JPEG", async (as) => {
    const image = await decodeImage(await jpeg(200, as));
    expect([image.width, image.height, image.data.length]).toEqual([12, 12, 432]);
    const [r, g, b] = image.data;
    if (as === "gray") expect([g, b]).toEqual([r, r]);
    else expect(r! - b!).toBeGreaterThan(100);
  });
});
