import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { stratifiedFolds } from "image-source/node";
import { type Batch, mix64 } from "sample-keys";
import { emptyFolder, sectors } from "test-kit";
import { startBackend } from "tfjs-backends";
import { AdamW } from "tfjs-optim";
import { arraySource, type DataSource, fit } from "train-loop";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  classification,
  layersTeacher,
  logitDistillation,
  mixedSource,
  storeCrossFitLogits,
  storedAnswers,
  type Teacher,
} from "../index.ts";
import { logitStore } from "../node.ts";

const SIZE = 60;
const FOLDS = 3;
const OF = { classes: 3, teacher: "three of three folds", views: "points" };

let folder: string;
let points: { images: Float32Array; labels: Int32Array };
let foldOfSample: Int32Array;
beforeAll(async () => {
  await startBackend("cpu");
  for await (const batch of sectors(SIZE, SIZE).batches(0)) points = batch;
  const keys = Array.from({ length: SIZE }, (_, i) => `${i}`);
  foldOfSample = new Int32Array(SIZE);
  for (const [fold, { validation }] of stratifiedFolds(keys, points.labels, {
    folds: FOLDS,
    seed: 4,
  }).entries())
    for (const i of validation) foldOfSample[i] = fold;
});
beforeEach(async () => {
  folder = await emptyFolder();
});

/** Points with keys and positions, in an order of the epoch. */
function source(batchSize: number, labels: Int32Array = points.labels): DataSource {
  async function* batches(epoch: number) {
    const order = Array.from({ length: SIZE }, (_, i) => (i * 7 + epoch * 3) % SIZE); // 7 and 60 have no factor in common
    for (let start = 0; start < SIZE; start += batchSize) {
      const indices = Int32Array.from(order.slice(start, start + batchSize));
      yield {
        images: Float32Array.from([...indices].flatMap((i) => [...points.images.subarray(2 * i, 2 * i + 2)])),
        shape: [indices.length, 2],
        labels: indices.map((i) => labels[i]!),
        sampleKeys: Uint32Array.from(indices),
        viewKeys: BigUint64Array.from(indices, (i) => mix64(BigInt(i))),
        indices,
      };
    }
  }
  return { size: SIZE, batchSize, batches };
}

const foldOf = ({ indices }: Batch & { readonly indices: Int32Array }) =>
  indices.map((i) => foldOfSample[i]!);
const options = { epochs: 1, microBatchSize: 8, foldOf };
const keysOf = (samples: readonly number[]) => BigUint64Array.from(samples, (i) => mix64(BigInt(i)));
const everyone = Array.from({ length: SIZE }, (_, i) => i);

/** Trains one teacher for each fold, without its samples. */
async function trained(labels: Int32Array): Promise<Teacher[]> {
  return Promise.all(
    Array.from({ length: FOLDS }, async (_, fold) => {
      const model = tfl.sequential({
        layers: [
          tfl.layers.dense({
            units: 3,
            inputShape: [2],
            kernelInitializer: tfl.initializers.glorotNormal({ seed: fold + 1 }),
          }),
        ],
      });
      const own = everyone.filter((i) => foldOfSample[i] !== fold);
      const samples = {
        images: Float32Array.from(own.flatMap((i) => [...points.images.subarray(2 * i, 2 * i + 2)])),
        shape: [own.length, 2],
        labels: own.map((i) => labels[i]!),
      };
      const optimizer = new AdamW({ learningRate: 0.05 });
      await fit(classification({ model }), optimizer, arraySource(samples, { batchSize: 10 }), { epochs: 5 });
      optimizer.dispose();
      return layersTeacher(model);
    }),
  );
}

/** Teachers that answer with their fold and the point, and count what they are asked. */
function counted() {
  const asked: number[][] = Array.from({ length: FOLDS }, () => []);
  const teachers = asked.map(
    (rows, fold): Teacher => ({
      classes: 3,
      async logits(images) {
        const xs = [...(await images.data())];
        for (let row = 0; row < images.shape[0]!; row++) {
          rows.push(
            everyone.find(
              (i) => points.images[2 * i] === xs[2 * row] && points.images[2 * i + 1] === xs[2 * row + 1],
            )!,
          );
        }
        return tf.concat([images, tf.fill([images.shape[0]!, 1], fold)], 1) as tf.Tensor2D;
      },
    }),
  );
  return { teachers, asked };
}

describe("storeCrossFitLogits", () => {
  test("asks each teacher for exactly the samples of its fold, in batches of any size", async () => {
    for (const batchSize of [1, 16, SIZE]) {
      const { teachers, asked } = counted();
      const store = logitStore(await emptyFolder(), OF);
      const end = await storeCrossFitLogits(teachers, source(batchSize), store, options);
      expect(end).toEqual({ done: SIZE, total: SIZE, computed: SIZE });
      asked.forEach((rows, fold) => {
        expect([...rows].sort((a, b) => a - b)).toEqual(everyone.filter((i) => foldOfSample[i] === fold));
      });
      const rows = await store.find(keysOf(everyone));
      expect(rows.map((row) => row![2])).toEqual([...foldOfSample]);
      expect(rows.map((row) => row![0])).toEqual(everyone.map((i) => points.images[2 * i]!));
      store.close();
    }
  });

  test("a sample's own label changes nothing in its soft label, and something in others'", async () => {
    const answers = async (labels: Int32Array) => {
      const store = logitStore(await emptyFolder(), OF);
      await storeCrossFitLogits(await trained(labels), source(16, labels), store, options);
      const rows = await store.find(keysOf(everyone));
      store.close();
      return rows.map((row) => [...row!]);
    };
    const before = await answers(points.labels);
    for (const sample of [0, 17, 59]) {
      const after = await answers(points.labels.map((label, i) => (i === sample ? (label + 1) % 3 : label)));
      const changed = everyone.filter((i) => after[i]!.join() !== before[i]!.join());
      expect(changed).toEqual(everyone.filter((i) => foldOfSample[i] !== foldOfSample[sample]));
    }
  });

  test("is repeated where it was stopped, to the same answers", async () => {
    const { teachers, asked } = counted();
    const stop = new AbortController();
    const store = logitStore(folder, OF);
    const stopped = storeCrossFitLogits(teachers, source(16), store, {
      ...options,
      signal: stop.signal,
      onProgress: ({ done }) => {
        if (done === 32) stop.abort(new Error("enough"));
      },
    });
    await expect(stopped).rejects.toThrow("enough");
    store.close();
    const again = logitStore(folder, OF);
    const end = await storeCrossFitLogits(teachers, source(16), again, options);
    expect(end).toEqual({ done: SIZE, total: SIZE, computed: SIZE - 32 });
    expect(asked.flat().sort((a, b) => a - b)).toEqual(everyone);
    again.close();
  });

  test("refuses one teacher, a fold without a teacher, and too few folds", async () => {
    const { teachers } = counted();
    const store = logitStore(folder, OF);
    const storing = (some: Teacher[], folds: (batch: { labels: Int32Array }) => ArrayLike<number>) =>
      storeCrossFitLogits(some, source(16), store, { ...options, foldOf: folds });
    await expect(storing(teachers.slice(0, 1), () => [])).rejects.toThrow(
      "storeCrossFitLogits: teachers must be at least two Teachers { classes, logits }, got 1 values",
    );
    await expect(storing(teachers, ({ labels }) => labels.map(() => 3))).rejects.toThrow(
      "storeCrossFitLogits: foldOf must return folds in [0, 3), got 3",
    );
    await expect(storing(teachers, () => [0])).rejects.toThrow(
      "storeCrossFitLogits: foldOf must return 16 folds, got 1",
    );
    expect(store.size).toBe(0);
    store.close();
  });

  test("refuses mixed rows, before a teacher is asked or a fold looked up", async () => {
    const hidden = points.labels.map((label, i) => (i % 2 ? label : -1));
    const share = Float32Array.from({ length: 16 }, (_, i) => (i === 3 ? 0.25 : 1));
    async function* weighed(epoch: number) {
      for await (const batch of source(16).batches(epoch)) yield { ...batch, labelWeights: share };
    }
    const mixing = { classes: 3, cutmixAlpha: 0 };
    const sources: [DataSource, string][] = [
      [mixedSource(source(16), mixing), "targets"],
      [mixedSource(source(16), { ...mixing, probability: 0 }), "targets"], // no way to tell its rows from mixed ones
      [mixedSource(source(16, hidden), mixing), "targets"],
      [{ size: SIZE, batchSize: 16, batches: weighed }, "a labelWeight of 0.25"],
    ];
    for (const [mixed, got] of sources) {
      const { teachers, asked } = counted();
      const store = logitStore(await emptyFolder(), OF);
      const nobody = () => {
        throw new Error("looked up");
      };
      await expect(
        storeCrossFitLogits(teachers, mixed, store, { ...options, foldOf: nobody }),
      ).rejects.toThrow(
        `storeCrossFitLogits: the source's rows must be of one sample each, without targets, got a batch with ${got}, as mixedSource makes them`,
      );
      expect([asked.flat(), store.size]).toEqual([[], 0]);
      store.close();
    }
  });

  test("answers for samples without a label, whose label weight is 0", async () => {
    const { teachers } = counted();
    const store = logitStore(folder, OF);
    async function* weighed(epoch: number) {
      for await (const batch of source(16).batches(epoch))
        yield { ...batch, labelWeights: Float32Array.from(batch.labels, (_, i) => i % 2) };
    }
    const { computed } = await storeCrossFitLogits(
      teachers,
      { size: SIZE, batchSize: 16, batches: weighed },
      store,
      options,
    );
    expect([computed, store.size]).toEqual([SIZE, SIZE]);
    store.close();
  });
});

describe("storedAnswers", () => {
  test("teaches a student by what is stored, and refuses a view that is not", async () => {
    const store = logitStore(folder, OF);
    const teacher = storedAnswers(store);
    const images = tf.ones([1, 2]);
    await expect(teacher.logits(images, { viewKeys: keysOf([0]) })).rejects.toThrow(
      "storedAnswers: the store must have an answer for each view, got a view that is not in it",
    );
    await storeCrossFitLogits(await trained(points.labels), source(16), store, options);
    const rows = await store.find(keysOf([5, 3]));
    const logits = await teacher.logits(tf.ones([2, 2]), { viewKeys: keysOf([5, 3]) });
    expect([...logits.dataSync()]).toEqual([...rows[0]!, ...rows[1]!]);
    const student = tfl.sequential({ layers: [tfl.layers.dense({ units: 3, inputShape: [2] })] });
    const task = logitDistillation({
      student,
      teacher,
      alpha: 1,
      distillation: { kind: "soft", temperature: 1 },
    });
    const { history } = await fit(task, new AdamW({ learningRate: 0.05 }), source(16), { epochs: 4 });
    expect(history.loss!.at(-1)).toBeLessThan(Number(history.loss![0]));
    store.close();
  });
});
