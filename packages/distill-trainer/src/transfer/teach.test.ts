import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { bit, featuresOf } from "bit-teacher";
import type { Batch } from "sample-keys";
import { startBackend } from "tfjs-backends";
import type { DataSource } from "train-loop";
import { beforeAll, describe, expect, test } from "vitest";
import {
  extractFeatures,
  featureSource,
  fineTune,
  type HyperRule,
  hyperRule,
  linearProbe,
  toSymmetricRange,
  trainHead,
} from "../index.ts";
import { firstSteps } from "./fine-tune.ts";

const SIDE = 16;
const CLASSES = 3;

/** Pictures of one color channel each, brighter or darker: the class is the channel. */
function colors(size: number, batchSize: number): DataSource & { seen: number[] } {
  const seen: number[] = [];
  const batchAt = (start: number): Batch => {
    const count = Math.min(batchSize, size - start);
    const labels = Int32Array.from({ length: count }, (_, i) => (start + i) % CLASSES);
    const images = Float32Array.from({ length: count * SIDE * SIDE * 3 }, (_, at) => {
      const row = Math.floor(at / (SIDE * SIDE * 3));
      return at % 3 === labels[row] ? 155 + ((start + row) % 100) : ((at % (SIDE * SIDE * 3)) * 7) % 60;
    });
    seen.push(start);
    return {
      images,
      shape: [count, SIDE, SIDE, 3],
      labels,
      sampleKeys: Uint32Array.from(labels, (_, i) => start + i),
    };
  };
  return {
    ...{ size, batchSize, seen },
    async *batches() {
      for (let start = 0; start < size; start += batchSize) yield batchAt(start);
    },
    async *batchesFrom(_, first) {
      for (let start = first * batchSize; start < size; start += batchSize) yield batchAt(start);
    },
  };
}

const small = () =>
  bit({ depths: [1, 1], channels: [32, 64], stemChannels: 8, groups: 4, classes: CLASSES, imageSize: SIDE });

beforeAll(async () => {
  await startBackend("wasm");
});

describe("hyperRule", () => {
  // What google-research/big_transfer's get_lr(step, dataset_size) returns, and where it ends.
  test.each([
    [
      3303,
      500,
      [
        [0, 0],
        [50, 1.5e-3],
        [100, 3e-3],
        [200, 3e-3],
        [201, 3e-4],
        [301, 3e-5],
        [401, 3e-6],
      ],
    ],
    [
      20_000,
      10_000,
      [
        [250, 1.5e-3],
        [500, 3e-3],
        [3000, 3e-3],
        [3001, 3e-4],
        [6001, 3e-5],
        [9001, 3e-6],
      ],
    ],
    [
      500_000,
      20_000,
      [
        [499, 0.003 * 0.998],
        [6000, 3e-3],
        [12_000, 3e-4],
        [18_000, 3e-5],
        [19_999, 3e-6],
      ],
    ],
  ] as const)("for %d pictures is Google's schedule", (size, steps, points) => {
    const rule = hyperRule({ size, batchSize: 512 });
    expect(rule.steps).toBe(steps);
    for (const [step, rate] of points) expect(rule.learningRate(step), `step ${step}`).toBeCloseTo(rate, 12);
  });

  test("has MixUp from 20,000 pictures on, and resolution by the pictures' area", () => {
    expect(hyperRule({ size: 19_999, batchSize: 1 }).mixup).toBe(0);
    expect(hyperRule({ size: 20_000, batchSize: 1 }).mixup).toBe(0.1);
    expect(hyperRule({ size: 1, batchSize: 1, resolution: [96, 95] })).toMatchObject({
      resize: 160,
      crop: 128,
    });
    expect(hyperRule({ size: 1, batchSize: 1, resolution: [96, 96] })).toMatchObject({
      resize: 512,
      crop: 480,
    });
  });

  test("scales the rate with the batch, and the schedule with its length", () => {
    const rule = hyperRule({ size: 100, batchSize: 64, steps: 50, baseLearningRate: 0.008 });
    expect(rule).toMatchObject({ steps: 50, warmupSteps: 10, drops: [20, 30, 40], momentum: 0.9 });
    expect(rule.learningRate(10)).toBeCloseTo(0.001, 12);
  });

  test.each([
    [{ size: 0, batchSize: 1 }, "hyperRule: size must be an integer >= 1, got 0"],
    [{ size: 1, batchSize: 0.5 }, "hyperRule: batchSize must be an integer >= 1, got 0.5"],
    [{ size: 1, batchSize: 1, steps: 0 }, "hyperRule: steps must be an integer >= 1, got 0"],
    [
      { size: 1, batchSize: 1, baseLearningRate: Number.NaN },
      "baseLearningRate must be a finite number > 0, got NaN",
    ],
  ])("refuses %o", (options, message) => {
    expect(() => hyperRule(options)).toThrow(message);
  });
});

test("toSymmetricRange maps black to −1 and white to 1", () => {
  expect([...toSymmetricRange(tf.tensor1d([0, 127.5, 255])).dataSync()]).toEqual([-1, 0, 1]);
});

describe("features", () => {
  test("are the model's, of every sample in order, whatever the micro-batch", async () => {
    const model = featuresOf(small());
    const before = tf.memory().numTensors;
    const told: number[] = [];
    const onProgress = (samples: number) => told.push(samples);
    const one = await extractFeatures(model, colors(10, 4), { microBatchSize: 3, onProgress });
    const all = await extractFeatures(model, colors(10, 10), { microBatchSize: 10 });
    expect(tf.memory().numTensors).toBe(before);
    expect(told).toEqual([4, 8, 10]);
    expect([one.width, one.values.length, [...one.labels]]).toEqual([
      64,
      640,
      [0, 1, 2, 0, 1, 2, 0, 1, 2, 0],
    ]);
    one.values.forEach((value, i) => {
      expect(Math.abs(value - all.values[i]!)).toBeLessThan(1e-4); // float32, another order of sums
    });
  });

  test("as a source come once an epoch each, in an order of seed and epoch", async () => {
    const values = Float32Array.from({ length: 14 }, (_, i) => i);
    const source = featureSource({ values, width: 2, labels: Int32Array.of(0, 1, 2, 3, 4, 5, 6) }, 3, 5);
    const read = async (epoch: number) => {
      const rows: number[] = [];
      for await (const { images, shape, labels, sampleKeys } of source.batches(epoch)) {
        expect(shape).toEqual([labels.length, 2]);
        labels.forEach((label, i) => {
          expect([...images.subarray(2 * i, 2 * i + 2)]).toEqual([2 * label, 2 * label + 1]);
        });
        expect(new Set(sampleKeys).size).toBe(labels.length);
        rows.push(...labels);
      }
      return rows;
    };
    const [first, again, second] = [await read(0), await read(0), await read(1)];
    expect([...first].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(again).toEqual(first);
    expect(second).not.toEqual(first);
  });

  test("refuse a model without one vector an image, and nothing", async () => {
    const picture = tfl.sequential({ layers: [tfl.layers.reLU({ inputShape: [SIDE, SIDE, 3] })] });
    await expect(extractFeatures(picture, colors(2, 2))).rejects.toThrow(
      "must give [batch, width], got [,16,16,3]",
    );
    await expect(extractFeatures(featuresOf(small()), colors(0, 1))).rejects.toThrow("source's size must be");
    expect(() =>
      featureSource({ values: new Float32Array(0), width: 2, labels: new Int32Array(0) }, 1, 0),
    ).toThrow("featureSource: samples must be an integer >= 1, got 0");
  });
});

test("trainHead separates what can be separated, and says how held-out features fare", async () => {
  const labels = Int32Array.from({ length: 60 }, (_, i) => i % 3);
  const values = Float32Array.from({ length: 180 }, (_, at) =>
    labels[Math.floor(at / 3)] === at % 3 ? 1 : 0,
  );
  const features = { values, width: 3, labels };
  const { head, history } = await trainHead(features, {
    classes: 3,
    epochs: 30,
    learningRate: 0.1,
    heldOut: features,
  });
  expect(history.history.val_accuracy!.at(-1)).toBe(1);
  expect(history.history.loss).toHaveLength(30);
  expect(head.getWeights().map(({ shape }) => shape)).toEqual([[3, 3], [3]]);
});

test("linearProbe trains a head on a backbone that stays as it was", async () => {
  const backbone = featuresOf(small());
  const before = backbone.weights.map((weight) => [...weight.read().dataSync()]);
  const told: string[] = [];
  const { model, history } = await linearProbe(backbone, colors(30, 8), {
    ...{ classes: CLASSES, epochs: 20, learningRate: 0.05, validationData: colors(12, 12) },
    onFeatures: (samples, of) => told.push(`${samples}/${of}`),
  });
  expect(history.history.val_accuracy!.at(-1)).toBe(1);
  expect(told).toEqual(["8/42", "16/42", "24/42", "30/42", "42/42"]);
  expect(backbone.weights.map((weight) => [...weight.read().dataSync()])).toEqual(before);
  expect(model.outputs[0]!.shape).toEqual([null, CLASSES]);
  await expect(linearProbe(backbone, colors(3, 3), { classes: 0 })).rejects.toThrow(
    "classes must be an integer >= 1",
  );
});

describe("fineTune", () => {
  const rule = (changes: Partial<HyperRule>): HyperRule => ({
    ...hyperRule({ size: 12, batchSize: 4 }),
    ...changes,
  });

  test("trains a BiT from nothing, all of it", async () => {
    const model = small();
    const kernel = () => model.getLayer("stem.conv").getWeights()[0]!.dataSync().slice();
    const before = kernel();
    const { history } = await fineTune(model, colors(24, 8), {
      rule: rule({ steps: 24, learningRate: () => 0.05 }),
      validationData: colors(12, 12),
    });
    expect(history.val_accuracy!.at(-1)).toBe(1);
    expect(kernel()).not.toEqual(before);
    model.dispose();
  });

  test("takes exactly the rule's steps", async () => {
    const source = colors(12, 4);
    let steps = 0;
    const callbacks = { onBatchEnd: async () => void steps++ };
    const { history } = await fineTune(small(), source, { rule: rule({ steps: 7 }), callbacks });
    expect([steps, history.loss!.length]).toEqual([7, 3]);
  });

  test("stopped and resumed ends with the same bits", async () => {
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    const storage = {
      list: async () => [...files.keys()],
      read: async (name: string) => files.get(name)!,
      write: async (name: string, bytes: Uint8Array<ArrayBuffer>) => void files.set(name, bytes.slice()),
      remove: async (name: string) => void files.delete(name),
    };
    const schedule = { steps: 7, learningRate: (step: number) => 0.01 / (1 + step) };
    const weights = async (stopAfter?: number) => {
      const model = small();
      const controller = new AbortController();
      let steps = 0;
      const options = {
        rule: rule(schedule),
        signal: controller.signal,
        callbacks: {
          onBatchEnd: async () => void (++steps === stopAfter && controller.abort(new Error("stop"))),
        },
        ...(stopAfter !== undefined && { checkpoint: { storage, everySteps: 100, resume: true } }),
      };
      const ended = await fineTune(model, colors(12, 4), options).then(() => "done", String);
      const values = model.weights.map((weight) => [...weight.read().dataSync()]);
      model.dispose();
      return { ended, steps, values };
    };
    const whole = await weights();
    expect(await weights(5)).toMatchObject({ ended: "Error: stop", steps: 5 });
    expect(await weights(100)).toEqual({ ...whole, steps: 2 });
    const other = fineTune(small(), colors(12, 4), {
      rule: rule({ ...schedule, learningRate: () => 0.01 }),
      checkpoint: { storage, everySteps: 100, resume: true },
    });
    await expect(other).rejects.toThrow("learningRate was");
  });

  test("mixes where the rule asks for it", async () => {
    const losses = async (mixup: number) => {
      const model = small();
      const constant = { steps: 3, learningRate: () => 0.01, mixup };
      const { history } = await fineTune(model, colors(12, 4), { rule: rule(constant) });
      model.dispose();
      return history.loss as number[];
    };
    expect(await losses(0)).toEqual(await losses(0));
    expect(await losses(0.4)).not.toEqual(await losses(0));
  });

  test("frees what it made", async () => {
    const model = small();
    await fineTune(model, colors(8, 4), { rule: rule({ steps: 1 }) });
    const before = tf.memory().numTensors;
    await fineTune(model, colors(8, 4), { rule: rule({ steps: 2 }) });
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });
});

test("firstSteps ends a source after the given number of batches, also where an epoch is entered in its middle", async () => {
  const count = async (batches: AsyncIterable<unknown>) => {
    let batchesSeen = 0;
    for await (const _ of batches) batchesSeen++;
    return batchesSeen;
  };
  const source = firstSteps(colors(12, 4), 5); // 3 batches an epoch
  expect(await count(source.batches(0))).toBe(3);
  expect(await count(source.batches(1))).toBe(2);
  expect(await count(source.batchesFrom!(1, 1))).toBe(1);
  expect(await count(source.batches(2))).toBe(0);
});
