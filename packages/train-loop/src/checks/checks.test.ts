import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { Classifier, Distiller, type Teacher } from "distill-trainer";
import type { Batch } from "sample-keys";
import { collect, sectors } from "test-kit";
import { startBackend } from "tfjs-backends";
import { AdamW, cosine } from "tfjs-optim";
import { beforeAll, describe, expect, test } from "vitest";

describe.each(["cpu", "wasm"] as const)("on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  const dense = (units = 3) => tfl.layers.dense({ units, inputShape: [2] });

  async function sourceOf(change: (batch: Batch) => Partial<Batch>, sizes: { size?: number } = {}) {
    const [batch] = await collect(sectors(4, 4).batches(0));
    const changed = { ...batch!, ...change(batch!) };
    return {
      size: 4,
      batchSize: 4,
      ...sizes,
      async *batches() {
        yield changed;
      },
    };
  }

  const label = (value: number) => () => ({ labels: Int32Array.of(0, value, 2, 1) });

  test.each<[string, (batch: Batch) => Partial<Batch>, string]>([
    ["3 of 3", label(3), "labels must be integers in [0, 3), for 3 classes, got 3 at labels[1]"],
    ["-1", label(-1), "got -1 at labels[1]"],
    ["one label too few", () => ({ labels: Int32Array.of(0, 1, 2) }), "must have one entry a row, 3, got 4"],
    ["NaN pixels", () => ({ images: new Float32Array(8).fill(Number.NaN, 5) }), "got NaN in row 2, number 1"],
    ["no keys", () => ({ sampleKeys: undefined as never }), "sampleKeys must be of the type Uint32Array"],
    ["narrow targets", () => ({ targets: new Float32Array(8) }), "targets must be [4, 3]"],
    ["empty targets", () => ({ targets: new Float32Array(12) }), "must sum to 1, got 0 in row 0"],
    [
      "another shape of the same product",
      () => ({ shape: [4, 1, 2] }),
      "must have the shape [4,2], got [4,1,2]",
    ],
  ])("a batch with %s is refused in training, validation and evaluation", async (_, change, message) => {
    const model = tfl.sequential({ layers: [dense()] });
    const classifier = new Classifier(model);
    classifier.compile({ optimizer: new AdamW({ learningRate: 0.1 }) });
    const bits = () => model.getWeights().map((weight) => [...weight.dataSync()]);
    const before = bits();
    const [bad, good] = [await sourceOf(change), sectors(4, 4)];
    await expect(classifier.fitDataset(bad, { epochs: 1 })).rejects.toThrow(message);
    expect(bits()).toEqual(before);
    await expect(classifier.evaluateDataset(bad)).rejects.toThrow(message);
    await expect(classifier.fitDataset(good, { epochs: 1, validationData: bad })).rejects.toThrow(message);
  });

  test.each([0, Number.NaN, 2, 12])("a source whose size of 4 is said to be %d is refused", async (size) => {
    const classifier = new Classifier(tfl.sequential({ layers: [dense()] }));
    classifier.compile({ optimizer: new AdamW({ learningRate: 0.1 }) });
    const source = await sourceOf(() => ({}), { size });
    await expect(classifier.fitDataset(source, { epochs: 1 })).rejects.toThrow(RangeError);
    await expect(classifier.evaluateDataset(source)).rejects.toThrow(RangeError);
  });

  test("a source that may skip samples gives fewer than it promises, never more", async () => {
    const classifier = new Classifier(tfl.sequential({ layers: [dense()] }));
    classifier.compile({ optimizer: new AdamW({ learningRate: 0.1 }) });
    const skipping = async (size: number) => ({ ...(await sourceOf(() => ({}), { size })), skips: true });
    await classifier.fitDataset(await skipping(5), { epochs: 1, validationData: await skipping(12) });
    await expect(classifier.fitDataset(await skipping(3), { epochs: 1 })).rejects.toThrow("got 4 rows");
  });

  test("a teacher's NaN ends the run before a step, with its row, and leaves no tensor", async () => {
    const input = tfl.input({ shape: [2] });
    const outputs = [1, 2].map(() => tfl.layers.dense({ units: 3 }).apply(input) as tfl.SymbolicTensor);
    const teacher: Teacher = {
      classes: 3,
      logits: ({ shape }) =>
        tf.tensor2d(Array.from({ length: shape[0]! }, (_, i) => [0, i === 1 ? Number.NaN : 1, 0])),
    };
    const distiller = new Distiller({ student: tfl.model({ inputs: input, outputs }), teacher });
    distiller.compile({ optimizer: new AdamW({ learningRate: 0.1 }) });
    const before = tf.memory().numTensors;
    await expect(distiller.fitDataset(sectors(4, 4), { epochs: 1, microBatchSize: 4 })).rejects.toThrow(
      "the teacher's logits must be finite, got NaN or an infinity in row 1 of the batch; in epoch 1, batch 1",
    );
    expect(tf.memory().numTensors).toBe(before);
  });

  test("options that nobody knows are told the nearest known one", () => {
    const classifier = new Classifier(tfl.sequential({ layers: [dense()] }));
    expect(() => new AdamW({ lr: 1 } as never)).toThrow(
      "AdamW: unknown option 'lr'; did you mean 'learningRate'?",
    );
    expect(() => new AdamW({ learningRate: -1 })).toThrow("learningRate must be a finite number >= 0");
    expect(() => cosine({ lr: 1, totalSteps: 4 } as never)).toThrow("cosine: unknown option 'lr'");
    expect(() => classifier.compile({ optimizer: "adam" as never })).toThrow(
      "optimizer must be a tf.Optimizer",
    );
    const distilled = {
      optimizer: new AdamW({ learningRate: 1 }),
      distillation: { kind: "hard" },
      alpha: 0.5,
    };
    for (const key of ["distillation", "alpha"] as const) {
      const args = { optimizer: distilled.optimizer, [key]: distilled[key] };
      expect(() => classifier.compile(args)).toThrow(`Classifier.compile: unknown option '${key}'`);
    }
  });

  test("a schedule that gives NaN is an error at its step", () => {
    const w = tf.variable(tf.tensor1d([1]));
    const optimizer = new AdamW({ learningRate: () => Number.NaN });
    expect(() => optimizer.minimize(() => tf.sum(w) as tf.Scalar, false, [w])).toThrow(
      "the learning rate of step 1 must be a finite number >= 0, got NaN",
    );
    expect(w.dataSync()[0]).toBe(1);
  });

  test("a model saved with its AdamW goes on to the same bits once it is loaded", async () => {
    const model = tfl.sequential({ layers: [dense(1)] });
    model.compile({ optimizer: new AdamW({ learningRate: 0.1 }), loss: "meanSquaredError" });
    const [x, y] = [
      tf.tensor2d([
        [0, 1],
        [1, 1],
        [2, 0],
      ]),
      tf.tensor2d([[1], [3], [5]]),
    ];
    const train = (it: tfl.LayersModel) => it.fit(x, y, { epochs: 3, shuffle: false, verbose: 0 });
    await train(model);
    (model.optimizer as AdamW).learningRate = 0.03;
    let saved: tf.io.ModelArtifacts | undefined;
    await model.save(
      tf.io.withSaveHandler(async (artifacts) => {
        saved = artifacts;
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: "JSON" } };
      }),
      { includeOptimizer: true },
    );
    const loaded = await tfl.loadLayersModel(tf.io.fromMemory(saved!));
    await train(model);
    await train(loaded);
    expect(loaded.getWeights().map((w) => [...w.dataSync()])).toEqual(
      model.getWeights().map((w) => [...w.dataSync()]),
    );
    expect((loaded.optimizer as AdamW).learningRate).toBe(0.03);
  });
});
