import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { mix64 } from "sample-keys";
import { emptyFolder, sectors } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import type { DataSource } from "train-loop";
import { beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  Distiller,
  layersTeacher,
  mixedSource,
  type StoreProgress,
  storedTeacher,
  storeTeacherLogits,
  type Teacher,
  weightsDigest,
} from "../index.ts";
import { type LogitStoreEvent, logitStore } from "../node.ts";

let folder: string;
beforeEach(async () => {
  folder = await emptyFolder();
});

const OF = { classes: 3, teacher: "t", views: "v" };
const keysOf = (...keys: number[]): BigUint64Array => BigUint64Array.from(keys, BigInt);
const rowsOf = (...keys: number[]): Float32Array =>
  Float32Array.from(keys.flatMap((key) => [key, 1 / (key + 1), -key]));
const filesIn = (): string[] => readdirSync(folder).map((name) => join(folder, name));

/** Points with view keys, the same in every epoch; the order is another in each. */
function fixedViews(size: number, batchSize: number): DataSource {
  const whole = sectors(size, size);
  async function* batches(epoch: number) {
    for await (const batch of whole.batches(epoch)) {
      const order = Array.from({ length: size }, (_, i) => (i * 7 + epoch * 3) % size); // 7 and size have no factor in common
      for (let start = 0; start < size; start += batchSize) {
        const rows = order.slice(start, start + batchSize);
        yield {
          images: Float32Array.from(rows.flatMap((row) => [...batch.images.subarray(2 * row, 2 * row + 2)])),
          shape: [rows.length, 2],
          labels: Int32Array.from(rows, (row) => batch.labels[row]!),
          sampleKeys: Uint32Array.from(rows, (row) => batch.sampleKeys[row]!),
          viewKeys: BigUint64Array.from(rows, (row) => mix64(BigInt(row))),
        };
      }
    }
  }
  return { size, batchSize, batches };
}

function counted(teacher: Teacher): { teacher: Teacher; rows: () => number } {
  let rows = 0;
  return {
    rows: () => rows,
    teacher: {
      classes: teacher.classes,
      logits(images, views) {
        rows += images.shape[0]!;
        return teacher.logits(images, views);
      },
    },
  };
}

function teacherModel(): tfl.LayersModel {
  const kernelInitializer = (seed: number) => tfl.initializers.glorotNormal({ seed });
  return tfl.sequential({
    layers: [
      tfl.layers.dense({
        units: 17,
        inputShape: [2],
        activation: "tanh",
        kernelInitializer: kernelInitializer(1),
      }),
      tfl.layers.dense({ units: 3, kernelInitializer: kernelInitializer(2) }),
    ],
  });
}

async function trainedWeights(teacher: Teacher, source: DataSource): Promise<Float32Array> {
  const input = tfl.input({ shape: [2] });
  const heads = [1, 2].map((seed) => {
    const kernelInitializer = tfl.initializers.glorotUniform({ seed });
    return tfl.layers.dense({ units: 3, kernelInitializer }).apply(input) as tfl.SymbolicTensor;
  });
  const student = tfl.model({ inputs: input, outputs: heads });
  const distiller = new Distiller({ student, teacher });
  const distillation = { kind: "soft", temperature: 2 } as const;
  distiller.compile({ optimizer: tf.train.momentum(0.1, 0.9), distillation });
  await distiller.fitDataset(source, { epochs: 4, microBatchSize: 5 });
  return tf.concat(student.getWeights().map((weight) => tf.reshape(weight, [-1]))).dataSync() as Float32Array;
}

describe.each(BACKENDS)("storedTeacher on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test("trains to the same bits as the teacher live, which is asked once for each view", async () => {
    const { teacher, rows } = counted(layersTeacher(teacherModel()));
    const source = fixedViews(40, 16);
    const live = await trainedWeights(teacher, source);
    expect(rows()).toBe(4 * 40);
    const store = logitStore(folder, OF);
    expect(await trainedWeights(storedTeacher(teacher, store), source)).toEqual(live);
    expect(rows()).toBe(5 * 40); // epochs 2 to 4 cost nothing
    store.close();

    const reopened = logitStore(folder, OF);
    expect(reopened.size).toBe(40);
    expect(await trainedWeights(storedTeacher(teacher, reopened), source)).toEqual(live);
    expect(rows()).toBe(5 * 40); // nor does a second run
    reopened.close();
  });

  test("asks about mixed rows, which are new in every epoch, and stays exact", async () => {
    const { teacher, rows } = counted(layersTeacher(teacherModel()));
    const mixed = mixedSource(fixedViews(40, 16), { classes: 3, cutmixAlpha: 0 });
    const live = await trainedWeights(teacher, mixed);
    const store = logitStore(folder, OF);
    const before = rows();
    expect(await trainedWeights(storedTeacher(teacher, store), mixed)).toEqual(live);
    expect(rows() - before).toBe(4 * 40);
    expect(store.size).toBe(4 * 40);
    store.close();
  });

  test("leaks nothing, whether it asks or finds", async () => {
    const store = logitStore(folder, OF);
    const teacher = storedTeacher(layersTeacher(teacherModel()), store);
    const images = tf.ones([4, 2]);
    const before = tf.memory().numTensors;
    for (const viewKeys of [keysOf(1, 2, 3, 4), keysOf(1, 2, 3, 5), keysOf(5, 4, 3, 2)]) {
      (await teacher.logits(images, { viewKeys })).dispose();
      expect(tf.memory().numTensors).toBe(before);
    }
    store.close();
    await expect(teacher.logits(images, { viewKeys: keysOf(9, 9, 9, 9) })).rejects.toThrow("before close()");
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe("storedTeacher", () => {
  beforeAll(() => startBackend("cpu"));

  test("refuses data without view keys, and a store for other classes", async () => {
    const teacher = layersTeacher(teacherModel());
    const stored = storedTeacher(teacher, logitStore(folder, OF));
    await expect(stored.logits(tf.ones([1, 2]))).rejects.toThrow(
      "storedTeacher: the data must have viewKeys in its batches, got none",
    );
    expect(() => storedTeacher(teacher, logitStore(folder, { ...OF, classes: 4 }))).toThrow(
      "storedTeacher: the store must be for the teacher's 3 classes, got 4",
    );
  });
});

describe("storeTeacherLogits", () => {
  beforeAll(() => startBackend("cpu"));

  test("fills a store ahead, says how far it is, and goes on where it was stopped", async () => {
    const { teacher, rows } = counted(layersTeacher(teacherModel()));
    const source = fixedViews(40, 16);
    const store = logitStore(folder, OF);
    const stop = new AbortController();
    const seen: StoreProgress[] = [];
    const onProgress = (progress: StoreProgress) => {
      seen.push(progress);
      if (progress.done === 32) stop.abort(new Error("enough"));
    };
    const options = { epochs: 1, microBatchSize: 8, onProgress };
    await expect(
      storeTeacherLogits(teacher, source, store, { ...options, signal: stop.signal }),
    ).rejects.toThrow("enough");
    expect(rows()).toBe(32);
    expect(seen.map(({ done, total, computed }) => [done, total, computed])).toEqual([
      [16, 40, 16],
      [32, 40, 32],
    ]);
    const before = tf.memory().numTensors;
    const end = await storeTeacherLogits(teacher, source, store, options);
    expect(tf.memory().numTensors).toBe(before);
    expect(end).toEqual({ done: 40, total: 40, computed: 8 });
    const live = await trainedWeights(teacher, source);
    const asked = rows();
    expect(await trainedWeights(storedTeacher(teacher, store), source)).toEqual(live);
    expect(rows()).toBe(asked);
    store.close();
  });

  test("gives the teacher its own images where it has some", async () => {
    const source = fixedViews(9, 9);
    async function* batches(epoch: number) {
      for await (const batch of source.batches(epoch))
        yield { ...batch, teacherImages: batch.images.map((x) => -x), teacherShape: batch.shape };
    }
    const sums: number[] = [];
    const teacher: Teacher = {
      classes: 3,
      logits(images) {
        sums.push(tf.sum(images).dataSync()[0]!);
        return tf.zeros([images.shape[0]!, 3]);
      },
    };
    const options = { epochs: 1 };
    await storeTeacherLogits(teacher, source, logitStore(join(folder, "a"), OF), options);
    await storeTeacherLogits(teacher, { ...source, batches }, logitStore(join(folder, "b"), OF), options);
    expect(sums[1]).toBe(-sums[0]!);
    await expect(storeTeacherLogits(teacher, source, logitStore(folder, OF), { epochs: 0 })).rejects.toThrow(
      "storeTeacherLogits: epochs must be an integer >= 1, got 0",
    );
    const { batches: _, ...rest } = source;
    const keyless = { ...rest, batches: sectors(9, 9).batches };
    await expect(storeTeacherLogits(teacher, keyless, logitStore(folder, OF), options)).rejects.toThrow(
      "must have viewKeys",
    );
  });
});

describe("logitStore", () => {
  test("keeps float32s as they are, NaN, infinities and -0 among them", async () => {
    const odd = Float32Array.of(Number.NaN, -0, Infinity, 1e-45, -Infinity, 3.4028234663852886e38);
    const store = logitStore(folder, OF);
    await store.add(BigUint64Array.of(2n ** 64n - 1n, 0n), odd);
    store.close();
    const [last, first, none] = await logitStore(folder, OF).find(BigUint64Array.of(2n ** 64n - 1n, 0n, 1n));
    expect(Object.is(last![1], -0)).toBe(true);
    expect([...last!, ...first!]).toEqual([...odd]);
    expect(none).toBeUndefined();
  });

  test("finds what other writers add, each in a file of its own", async () => {
    const [a, b] = [logitStore(folder, OF), logitStore(folder, OF)];
    await a.add(keysOf(1), rowsOf(1));
    expect((await b.find(keysOf(1, 2)))[0]).toEqual(rowsOf(1));
    await b.add(keysOf(2, 3), rowsOf(2, 3));
    await a.add(keysOf(4), rowsOf(4));
    expect(await a.find(keysOf(4, 3, 2, 1))).toEqual([4, 3, 2, 1].map((key) => rowsOf(key)));
    expect(await b.find(keysOf(4))).toEqual([rowsOf(4)]);
    expect(filesIn().length).toBe(2);
    a.close();
    b.close();
    b.close();
  });

  test("writes nothing and makes no folder until there is a row", async () => {
    const path = join(folder, "later");
    const store = logitStore(path, OF);
    await store.add(keysOf(), rowsOf());
    expect(readdirSync(folder)).toEqual([]);
    store.close();
  });

  test("leaves out a last block that is cut off at any byte, says so, and is written on", async () => {
    const store = logitStore(folder, OF);
    await store.add(keysOf(1, 2), rowsOf(1, 2));
    const [path] = filesIn();
    const first = readFileSync(path!).length;
    await store.add(keysOf(3), rowsOf(3));
    store.close();
    const whole = readFileSync(path!);
    for (const length of [0, 1, 7, 8, 20, first - 1, first, first + 1, first + 9, whole.length - 1]) {
      writeFileSync(path!, whole.subarray(0, length));
      const events: LogitStoreEvent[] = [];
      const again = logitStore(folder, { ...OF, onEvent: (event) => events.push(event) });
      const isTorn = length !== 0 && length !== first;
      expect(again.size).toBe(length < first ? 0 : 2);
      expect(events.map(({ reason }) => /is cut off/.test(reason))).toEqual(isTorn ? [true] : []);
      await again.add(keysOf(3), rowsOf(3));
      again.close();
      const after = logitStore(folder, OF);
      expect(await after.find(keysOf(3))).toEqual([rowsOf(3)]);
      after.close();
      for (const other of filesIn()) if (other !== path) await rm(other);
    }
  });

  test("leaves out a damaged block and what follows it, whichever byte it is, and says so", async () => {
    const store = logitStore(folder, OF);
    await store.add(keysOf(1), rowsOf(1));
    const [path] = filesIn();
    const first = readFileSync(path!).length;
    await store.add(keysOf(2), rowsOf(2));
    await store.add(keysOf(3), rowsOf(3));
    store.close();
    const whole = readFileSync(path!);
    const second = (whole.length - first) / 2;
    for (let at = first; at < first + second; at++) {
      const bytes = Uint8Array.from(whole);
      bytes[at]! ^= 4;
      writeFileSync(path!, bytes);
      const events: LogitStoreEvent[] = [];
      const again = logitStore(folder, { ...OF, onEvent: (event) => events.push(event) });
      expect(await again.find(keysOf(1, 2, 3))).toEqual([rowsOf(1), undefined, undefined]);
      again.close();
      expect(events.length).toBe(1);
      expect(events[0]!.reason).toMatch(new RegExp(`^its block at byte ${first} `));
    }
    truncateSync(path!, first);
    appendFileSync(path!, Buffer.alloc(64)); // what a power cut may leave
    expect(logitStore(folder, OF).size).toBe(1);
  });

  test("refuses a folder of another teacher, other views or classes, also when it gets such a file later", async () => {
    const early = logitStore(folder, { ...OF, teacher: "other" });
    const store = logitStore(folder, OF);
    await store.add(keysOf(1), rowsOf(1));
    store.close();
    const [path] = filesIn();
    const refused = (what: string) =>
      `logitStore: ${path} must be of this teacher and these views, got others: ${what}`;
    expect(() => logitStore(folder, { ...OF, classes: 4 })).toThrow(refused("classes was 3, is 4"));
    expect(() => logitStore(folder, { ...OF, teacher: "u", views: "w" })).toThrow(
      refused("teacher was t, is u; views was v, is w"),
    );
    await expect(early.find(keysOf(1))).rejects.toThrow(refused("teacher was t, is other"));
    early.close();
  });

  test("refuses bad arguments and use after it is closed", async () => {
    expect(() => logitStore(folder, { ...OF, classes: 0.5 })).toThrow(
      "logitStore: classes must be an integer >= 1, got 0.5",
    );
    const store = logitStore(folder, OF);
    await expect(store.add(keysOf(1, 2), rowsOf(1))).rejects.toThrow("2 keys need 6 logits, got 3");
    store.close();
    await expect(store.find(keysOf(1))).rejects.toThrow(`logitStore: ${folder} is to be used before close()`);
  });
});

describe("weightsDigest", () => {
  beforeAll(() => startBackend("cpu"));

  test("is equal for equal weights, and another one if a number or a shape is", async () => {
    const [a, b] = [teacherModel(), teacherModel()];
    const digest = await weightsDigest(a);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
    expect(await weightsDigest(b)).toBe(digest);
    const [kernel, ...rest] = b.getWeights();
    const changed = kernel!.dataSync().slice();
    changed[0]! += 1e-6;
    b.setWeights([tf.tensor(changed, kernel!.shape), ...rest]);
    expect(await weightsDigest(b)).not.toBe(digest);
    const shaped = (...shape: number[]) =>
      weightsDigest(
        tfl.sequential({
          layers: [
            tfl.layers.reshape({ targetShape: shape, inputShape: [6] }),
            tfl.layers.dense({ units: 6 / shape.at(-1)!, useBias: false, kernelInitializer: "ones" }),
          ],
        }),
      );
    expect(await shaped(2, 3)).not.toBe(await shaped(3, 2));
  });
});
