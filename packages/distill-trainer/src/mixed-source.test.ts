import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import type { Batch } from "sample-keys";
import { collect, largestDifference, sectors } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import type { DataSource } from "train-loop";
import { beforeAll, describe, expect, test } from "vitest";
import { Classifier, Distiller, mixedSource, type Teacher } from "./index.ts";

describe.each(BACKENDS)("training on mixed batches on %s", (backend) => {
  beforeAll(() => startBackend(backend));
  const options = { classes: 3, cutmixAlpha: 0 };

  function student(): tfl.LayersModel {
    const input = tfl.input({ shape: [2] });
    const heads = [1, 2].map((seed) => {
      const kernelInitializer = tfl.initializers.glorotUniform({ seed });
      return tfl.layers.dense({ units: 3, kernelInitializer }).apply(input) as tfl.SymbolicTensor;
    });
    return tfl.model({ inputs: input, outputs: heads });
  }

  async function run(source: DataSource, microBatchSize: number): Promise<Float32Array> {
    const taught: Teacher = {
      classes: 3,
      logits: (x) =>
        tf.tidy(
          () =>
            tf.pad(tf.div(x, 100), [
              [0, 0],
              [0, 1],
            ]) as tf.Tensor2D,
        ),
    };
    const model = student();
    const distiller = new Distiller({ student: model, teacher: taught });
    const distillation = { kind: "soft", temperature: 1 } as const;
    distiller.compile({ optimizer: tf.train.sgd(0.1), distillation });
    await distiller.fitDataset(source, { epochs: 2, microBatchSize });
    return model.getWeights()[0]!.dataSync() as Float32Array;
  }

  test("does not depend on the micro-batch size, and differs from plain batches", async () => {
    const source = mixedSource(sectors(40, 16), options);
    expect(source.size).toBe(40);
    const [whole, cut, plain] = [await run(source, 16), await run(source, 3), await run(sectors(40, 16), 16)];
    expect(largestDifference(whole, cut)).toBeLessThan(1e-5); // float32 sums in another order
    expect(largestDifference(whole, plain)).toBeGreaterThan(1e-3);
  });

  test("gives a source's batches the same mix each time, one a batch", async () => {
    const source = mixedSource(sectors(40, 16), options);
    const batches = await collect(source.batches(1));
    expect(await collect(source.batches(1))).toEqual(batches);
    const shares = batches.map(({ targets }) => [...targets!].filter((share) => share > 0 && share < 1));
    const larger = shares.map((values) => values.map((share) => Math.max(share, 1 - share).toFixed(5)));
    expect(larger.map((values) => new Set(values).size)).toEqual([1, 1, 1]);
    expect(new Set(larger.flat()).size).toBe(3);
  });

  test.each([
    ["pair", 8],
    ["elem", 16],
  ] as const)("gives in mode %s %d mixes to a batch of 16", async (mode, expected) => {
    const [batch] = await collect(mixedSource(sectors(16, 16), { ...options, mode }).batches(1));
    const before = (await collect(sectors(16, 16).batches(1)))[0]!;
    const lambdas = Array.from({ length: 16 }, (_, row) => {
      const [x, own, partner] = [batch!, before, before].map(
        ({ images }, i) => images[2 * (i === 2 ? 15 - row : row)]!,
      );
      return ((x! - partner!) / (own! - partner!)).toFixed(3);
    });
    expect(new Set(lambdas).size).toBe(expected);
    if (mode === "pair") expect(lambdas.toReversed()).toEqual(lambdas);
  });

  test("starts within an epoch where its source can, with the same mixes", async () => {
    const plain = sectors(40, 16);
    expect(mixedSource(plain, options).batchesFrom).toBeUndefined();
    async function* batchesFrom(epoch: number, firstBatch: number): AsyncGenerator<Batch> {
      yield* (await collect(plain.batches(epoch))).slice(firstBatch);
    }
    const source = mixedSource({ ...plain, batchesFrom }, options);
    const whole = await collect(source.batches(2));
    expect(await collect(source.batchesFrom!(2, 1))).toEqual(whole.slice(1));
  });

  test("the loss is the cross-entropy with the mixed targets, and leaks nothing", async () => {
    const model = tfl.sequential({ layers: [tfl.layers.dense({ units: 3, inputShape: [2] })] });
    const classifier = new Classifier(model);
    classifier.compile({ optimizer: tf.train.sgd(0), labelSmoothing: 0.1 });
    const source = mixedSource(sectors(8, 8), options);
    const [batch] = await collect(source.batches(0));
    const logits = model.predict(tf.div(tf.tensor2d(batch!.images, [8, 2]), 255)) as tf.Tensor2D;
    const targets = tf.add(tf.mul(tf.tensor2d(batch!.targets!, [8, 3]), 0.9), 0.1 / 3);
    const loss = tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), 1)));
    const before = tf.memory().numTensors;
    const { history } = await classifier.fitDataset(source, { epochs: 1, microBatchSize: 3 });
    expect(tf.memory().numTensors).toBe(before);
    expect(history.loss![0]).toBeCloseTo(loss.dataSync()[0]!, 5);
  });

  test("is the source itself where nothing is mixed", () => {
    const source = sectors(4, 4);
    expect(mixedSource(source, { classes: 3, mixupAlpha: 0, cutmixAlpha: 0 })).toBe(source);
  });

  test("refuses what is out of range", () => {
    expect(() => mixedSource(sectors(4, 4), { classes: 0 })).toThrow(
      "mixedSource: classes must be an integer >= 1, got 0",
    );
    expect(() => mixedSource(sectors(4, 4), { classes: 3, mode: "half" as "elem" })).toThrow(
      `mixedSource: mode must be "batch" or "pair" or "elem", got 'half'`,
    );
  });
});
