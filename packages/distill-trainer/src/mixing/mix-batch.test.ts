import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { sampleKey } from "sample-keys";
import { collect, fixturesOf, largestDifference, sectors } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import type { Batch, DataSource } from "train-loop";
import { beforeAll, describe, expect, test } from "vitest";
import {
  Classifier,
  Distiller,
  IMAGENET_NORMALISATION,
  type Mix,
  mixBatch,
  mixedSource,
  mixOf,
  normalise,
  type Teacher,
} from "../index.ts";
import { smoothedTargets } from "../losses/label-smoothing.ts";
import { beta } from "./beta.ts";

interface Golden {
  readonly labels: number[];
  readonly size: [number, number];
  readonly classes: number;
  readonly cases: {
    readonly kind: "mixup" | "cutmix";
    readonly lambda: number;
    readonly middle: [number, number];
    readonly smoothing: number;
    readonly images: number[];
    readonly targets: number[];
  }[];
  readonly byRow: {
    readonly mode: "pair" | "elem";
    readonly mixes: (Pick<Golden["cases"][number], "lambda" | "middle"> & { readonly kind: Mix["kind"] })[];
    readonly smoothing: number;
    readonly images: number[];
    readonly targets: number[];
  }[];
}
const golden = fixturesOf(import.meta.url).json("mixup.json") as Golden;

function batchOf(rows: number, [height, width]: [number, number], labels: number[]): Batch {
  return {
    images: Float32Array.from({ length: rows * height * width * 3 }, (_, i) => (i * 37 + 11) % 256),
    shape: [rows, height, width, 3],
    labels: Int32Array.from(labels),
    sampleKeys: Uint32Array.from({ length: rows }, (_, i) => sampleKey(1, 0, i)),
  };
}

/** The fixture has all numbers of each. */
function mixIn({ kind, lambda, middle }: Golden["byRow"][number]["mixes"][number]): Mix {
  if (kind === "none") return { kind };
  return kind === "mixup" ? { kind, lambda } : { kind, lambda, middle };
}

describe("mixBatch", () => {
  beforeAll(() => startBackend("cpu"));

  test.each(golden.cases)("is timm's Mixup: $kind with lambda $lambda", (c) => {
    const batch = batchOf(4, golden.size, golden.labels);
    const before = batch.images.slice();
    const mixed = mixBatch(batch, mixIn(c), golden.classes);
    expect(batch.images).toEqual(before);
    expect(largestDifference(mixed.images, c.images)).toBeLessThan(1e-4); // float32 of up to 255, stored with 4 digits
    const targets = tf.tensor2d(mixed.targets, [4, golden.classes]);
    const smoothed = smoothedTargets({ labels: tf.tensor1d([0]), targets }, golden.classes, c.smoothing);
    expect(largestDifference(smoothed.dataSync(), c.targets)).toBeLessThan(1e-6); // float32, smoothed after mixing
  });

  test.each(golden.byRow)("is timm's Mixup in mode $mode: $mixes", (c) => {
    const batch = batchOf(4, golden.size, golden.labels);
    const [a, b, ...rest] = c.mixes.map(mixIn);
    const mixed = mixBatch(batch, c.mode === "pair" ? [a!, b!, b!, a!] : [a!, b!, ...rest], golden.classes);
    expect(largestDifference(mixed.images, c.images)).toBeLessThan(1e-4);
    const targets = tf.tensor2d(mixed.targets, [4, golden.classes]);
    const smoothed = smoothedTargets({ labels: tf.tensor1d([0]), targets }, golden.classes, c.smoothing);
    expect(largestDifference(smoothed.dataSync(), c.targets)).toBeLessThan(1e-6);
  });

  test("a mixed row's view key is made of its own, its partner's and the mix's numbers", () => {
    const batch = { ...batchOf(4, [4, 4], [0, 1, 2, 3]), viewKeys: BigUint64Array.of(1n, 2n, 3n, 4n) };
    const keysOf = (mix: Mix | Mix[], viewKeys = batch.viewKeys) => [
      ...mixBatch({ ...batch, viewKeys }, mix, 4).viewKeys,
    ];
    const mixes: Mix[] = [
      { kind: "mixup", lambda: 0.3 },
      { kind: "mixup", lambda: 0.3000001 },
      { kind: "cutmix", lambda: 0.3, middle: [0.3, 0.3] },
      { kind: "cutmix", lambda: 0.3, middle: [0.3, 0.4] },
    ];
    const keys = [...mixes.flatMap((mix) => keysOf(mix)), 1n, 2n, 3n, 4n];
    expect(new Set(keys).size).toBe(20);
    expect(keysOf(mixes[0]!)).toEqual(keys.slice(0, 4));
    const otherPartner = keysOf(mixes[0]!, BigUint64Array.of(1n, 2n, 3n, 5n));
    expect(otherPartner.map((key, row) => key === keys[row])).toEqual([false, true, true, false]);
    expect(keysOf([{ kind: "none" }, mixes[0]!, mixes[1]!, { kind: "none" }])).toEqual([
      1n,
      keys[1],
      keys[6],
      4n,
    ]);
    expect(keysOf({ kind: "none" })).toEqual([1n, 2n, 3n, 4n]);
  });

  test("labels are those of the larger share", () => {
    const batch = batchOf(4, [6, 8], [3, 0, 4, 1]);
    expect([...mixBatch(batch, { kind: "mixup", lambda: 0.6 }, 5).labels]).toEqual([3, 0, 4, 1]);
    expect([...mixBatch(batch, { kind: "mixup", lambda: 0.4 }, 5).labels]).toEqual([1, 4, 0, 3]);
  });

  test("leaves the middle row of an odd batch, and a batch that is not mixed, as they are", () => {
    const batch = batchOf(3, [4, 4], [0, 1, 2]);
    const half = { kind: "mixup", lambda: 0.5 } as const;
    expect(mixBatch(batch, half, 3).images.subarray(48, 96)).toEqual(batch.images.subarray(48, 96));
    const plain = mixBatch(batch, { kind: "none" }, 3);
    expect(plain.images).toBe(batch.images);
    expect([...plain.targets]).toEqual([1, 0, 0, 0, 1, 0, 0, 0, 1]);
  });

  test("mixes the teacher's images alike, at their own size", () => {
    const [small, large] = [batchOf(2, [4, 4], [0, 1]), batchOf(2, [8, 8], [0, 1])];
    const batch = { ...small, teacherImages: large.images, teacherShape: large.shape };
    for (const mix of [
      { kind: "mixup", lambda: 0.3 },
      { kind: "cutmix", lambda: 0.75, middle: [0.5, 0.25] },
    ] as const) {
      const mixed = mixBatch(batch, mix, 2);
      expect(mixed.images).toEqual(mixBatch(small, mix, 2).images);
      expect(mixed.teacherImages).toEqual(mixBatch(large, mix, 2).images);
    }
  });

  test("refuses another number of mixes than rows", () => {
    const mixes: Mix[] = [{ kind: "none" }, { kind: "none" }];
    expect(() => mixBatch(batchOf(3, [2, 2], [0, 1, 2]), mixes, 3)).toThrow(
      "mixBatch: 3 rows need as many mixes, got 2",
    );
  });

  test("refuses CutMix of what is no image", () => {
    const batch = { ...batchOf(2, [2, 2], [0, 1]), shape: [2, 12] };
    expect(() => mixBatch(batch, { kind: "cutmix", lambda: 0.5, middle: [0, 0] }, 2)).toThrow(
      "mixBatch: CutMix needs images of shape [batch, height, width, channels], got [2,12]",
    );
  });
});

describe("mixOf", () => {
  const n = 4000;
  const keys = Array.from({ length: n }, (_, i) => sampleKey(3, 0, i));

  test("switches between the two, and mixes none where asked to", () => {
    const share = (kind: string, options = {}) =>
      keys.filter((key) => mixOf(options, key).kind === kind).length / n;
    const bound = 5 * Math.sqrt(1 / 4 / n); // 5 standard errors
    expect(Math.abs(share("cutmix") - 0.5)).toBeLessThan(bound);
    expect(Math.abs(share("cutmix", { switchProbability: 0.2 }) - 0.2)).toBeLessThan(bound);
    expect(Math.abs(share("none", { probability: 0.7 }) - 0.3)).toBeLessThan(bound);
    expect(share("mixup", { cutmixAlpha: 0 })).toBe(1);
    expect(share("cutmix", { mixupAlpha: 0 })).toBe(1);
    expect(share("none", { mixupAlpha: 0, cutmixAlpha: 0 })).toBe(1);
  });

  test.each([0.1, 0.8, 1, 3])("lambda has mean and variance of the beta distribution of %d", (alpha) => {
    const draws = keys.map((key) => beta(alpha, key));
    const mean = draws.reduce((sum, x) => sum + x, 0) / n;
    const squares = draws.map((x) => (x - 0.5) ** 2);
    const variance = squares.reduce((sum, x) => sum + x, 0) / n;
    const expected = 1 / (4 * (2 * alpha + 1));
    expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(expected / n));
    const spread = squares.reduce((sum, x) => sum + (x - variance) ** 2, 0) / n;
    expect(Math.abs(variance - expected)).toBeLessThan(5 * Math.sqrt(spread / n));
    expect(draws.every((x) => x >= 0 && x <= 1)).toBe(true);
  });

  test("stays a number for a tiny alpha", () => {
    expect(keys.every((key) => Number.isFinite(beta(1e-4, key)))).toBe(true);
  });

  test("refuses what is out of range", () => {
    expect(() => mixOf({ probability: 1.1 }, 1)).toThrow("mixOf: probability must be in [0, 1], got 1.1");
    expect(() => mixOf({ mixupAlpha: -1 }, 1)).toThrow(
      "mixOf: mixupAlpha must be a finite number >= 0, got -1",
    );
    expect(() => mixedSource(sectors(4, 4), { classes: 0 })).toThrow(
      "mixedSource: classes must be an integer >= 1, got 0",
    );
    expect(() => mixedSource(sectors(4, 4), { classes: 3, mode: "half" as "elem" })).toThrow(
      `mixedSource: mode must be "batch" or "pair" or "elem", got 'half'`,
    );
  });
});

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
});

describe("normalise", () => {
  beforeAll(() => startBackend("cpu"));

  test("is (x / 255 − mean) / std", () => {
    const [r, g, b] = normalise(IMAGENET_NORMALISATION)(tf.tensor([255, 0, 51], [1, 1, 1, 3])).dataSync();
    expect(r).toBeCloseTo((1 - 0.485) / 0.229, 5);
    expect(g).toBeCloseTo(-0.456 / 0.224, 5);
    expect(b).toBeCloseTo((0.2 - 0.406) / 0.225, 5);
  });

  test("makes one tensor, and refuses a std of 0", () => {
    const [images, preprocess] = [tf.ones([1, 2, 2, 3]), normalise(IMAGENET_NORMALISATION)];
    const before = tf.memory().numTensors;
    preprocess(images);
    expect(tf.memory().numTensors - before).toBe(1);
    expect(() => normalise({ mean: [0], std: [0] })).toThrow("normalise: every mean needs a std above 0");
  });
});
