import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import {
  Classifier,
  Distiller,
  distillationLoss,
  layersTeacher,
  smoothedOneHot,
  softmaxCrossEntropy,
  type Teacher,
} from "distill-trainer";
import { collect, errorOverLargest, sectors } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import { beforeAll, describe, expect, test } from "vitest";
import { fromTfData } from "../index.ts";

const HIDDEN = 16;

function init(seed: number): { kernelInitializer: ReturnType<typeof tfl.initializers.glorotUniform> } {
  return { kernelInitializer: tfl.initializers.glorotUniform({ seed }) };
}

function oneHead(seed = 1): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.dense({ units: HIDDEN, activation: "tanh", inputShape: [2], ...init(seed) }),
      tfl.layers.dense({ units: 3, ...init(seed + 1) }),
    ],
  });
}

function twoHeads(classes = 3, seed = 1): tfl.LayersModel {
  const input = tfl.input({ shape: [2] });
  const hidden = tfl.layers.dense({ units: HIDDEN, activation: "tanh", ...init(seed) }).apply(input);
  const heads = [2, 3].map((n) => tfl.layers.dense({ units: classes, ...init(seed + n) }).apply(hidden));
  return tfl.model({ inputs: input, outputs: heads as tfl.SymbolicTensor[] });
}

function adam(learningRate = 0.02): AdamW {
  return new AdamW({ ...ADAMW_SEMANTICS.keras, learningRate, weightDecay: 0 });
}

function weightsOf(model: tfl.LayersModel): Float32Array[] {
  return model.getWeights().map((w) => w.dataSync() as Float32Array);
}

/** Largest difference of two models' weights, relative to the largest weight of each tensor. */
function distance(a: Float32Array[], b: Float32Array[]): number {
  return Math.max(...a.map((x, i) => errorOverLargest(b[i]!, x)));
}

describe.each(BACKENDS)("training on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test("a classifier learns, reports Keras' logs and returns a tfjs History", async () => {
    const classifier = new Classifier(oneHead());
    classifier.compile({ optimizer: adam() });
    const [train, held] = [sectors(150, 32), sectors(60, 32, 2)];
    const history = await classifier.fitDataset(train, { epochs: 12, validationData: held });
    expect(history).toBeInstanceOf(tfl.History);
    expect(Object.keys(history.history).sort()).toEqual(["accuracy", "loss", "val_accuracy", "val_loss"]);
    expect(history.epoch).toEqual([...Array(12).keys()]);
    expect(history.history.loss!.at(-1)).toBeLessThan((history.history.loss![0] as number) / 2);
    expect(history.history.val_accuracy!.at(-1)).toBeGreaterThan(0.85);
    expect(await classifier.evaluateDataset(held)).toEqual({
      loss: expect.closeTo(history.history.val_loss!.at(-1) as number, 6),
      accuracy: expect.closeTo(history.history.val_accuracy!.at(-1) as number, 6), // cut otherwise, summed otherwise
    });
  });

  test("a distiller's loss and gradients are the Keras example's, computed plainly", async () => {
    const [student, teacherModel] = [twoHeads(), oneHead(7)];
    const teacher = layersTeacher(teacherModel);
    const [batch] = await collect(sectors(20, 20).batches(0));
    const x = tf.div(tf.tensor2d(batch!.images, [20, 2]), 255) as tf.Tensor2D;
    const labels = tf.tensor1d(batch!.labels, "int32");
    const heads = () => student.apply(x, { training: true }) as [tf.Tensor2D, tf.Tensor2D];
    const plain = tf.variableGrads(() => {
      const [cls, dist] = heads();
      const a = tf.losses.softmaxCrossEntropy(tf.oneHot(labels, 3), cls, 1, 0.1);
      const taught = tf.oneHot(tf.argMax(teacherModel.predict(x) as tf.Tensor2D, 1), 3);
      const b = tf.losses.softmaxCrossEntropy(taught, dist);
      return tf.div(tf.add(a, b), 2) as tf.Scalar;
    });
    const distiller = new Distiller({ student, teacher });
    const seen: tf.NamedTensorMap[] = [];
    const spy = new (class extends tf.SGDOptimizer {
      override applyGradients(gradients: tf.NamedTensorMap): void {
        seen.push(Object.fromEntries(Object.entries(gradients).map(([name, g]) => [name, tf.clone(g)])));
      }
    })(0);
    distiller.compile({ optimizer: spy });
    const history = await distiller.fitDataset(sectors(20, 20), { epochs: 1, microBatchSize: 7 });
    expect(history.history.loss![0]).toBeCloseTo(plain.value.dataSync()[0]!, 5);
    const logs = history.history as Record<string, number[]>;
    expect((logs.student_loss![0]! + logs.distillation_loss![0]!) / 2).toBeCloseTo(logs.loss![0]!, 5);
    for (const [name, gradient] of Object.entries(seen[0]!)) {
      const expected = plain.grads[name]!.dataSync();
      gradient.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i]!, 5); // float32 sums in another order
      });
    }
  });

  test("does not depend on the micro-batch size", async () => {
    const runs = [];
    for (const microBatchSize of [5, 16, 64]) {
      const student = twoHeads();
      const distiller = new Distiller({ student, teacher: layersTeacher(oneHead(7)) });
      distiller.compile({ optimizer: adam() });
      await distiller.fitDataset(sectors(100, 32), { epochs: 3, microBatchSize });
      runs.push(weightsOf(student));
    }
    // 1e-4: float32 sums of 12 steps in another order
    expect(distance(runs[0]!, runs[1]!)).toBeLessThan(1e-4);
    expect(distance(runs[0]!, runs[2]!)).toBeLessThan(1e-4);
  });

  test("is bit-identical when run twice", async () => {
    const run = async (): Promise<Float32Array[]> => {
      const student = twoHeads();
      const distiller = new Distiller({ student, teacher: layersTeacher(oneHead(7)) });
      distiller.compile({ optimizer: adam() });
      await distiller.fitDataset(sectors(60, 16), { epochs: 2 });
      return weightsOf(student);
    };
    expect(await run()).toEqual(await run());
  });

  test("leaks no tensor over epochs and evaluations", async () => {
    const distiller = new Distiller({ student: twoHeads(), teacher: layersTeacher(oneHead(7)) });
    distiller.compile({ optimizer: adam() });
    const data = sectors(40, 16);
    await distiller.fitDataset(data, { epochs: 1, validationData: data }); // makes the optimizer's slots
    const before = tf.memory().numTensors;
    await distiller.fitDataset(data, { epochs: 2, validationData: data });
    await distiller.evaluateDataset(data);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("hands training, the sample keys of the micro-batch and the teacher's own images on", async () => {
    const seen: { training: boolean; keys: number[] }[] = [];
    class Probe extends tfl.layers.Layer {
      static readonly className = "Probe";
      override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
        seen.push({
          training: kwargs.training === true,
          keys: [...((kwargs.sampleKeys as Uint32Array | undefined) ?? [])],
        });
        return tf.clone(Array.isArray(inputs) ? inputs[0]! : inputs);
      }
      override computeOutputShape(shape: tfl.Shape): tfl.Shape {
        return shape;
      }
    }
    const input = tfl.input({ shape: [2] });
    const probed = new Probe().apply(input) as tfl.SymbolicTensor;
    const outputs = [1, 2].map(() => tfl.layers.dense({ units: 3 }).apply(probed) as tfl.SymbolicTensor);
    seen.length = 0;
    const taught: number[][] = [];
    const teacher: Teacher = {
      classes: 3,
      logits: (images) => {
        taught.push(images.shape);
        return tf.zeros([images.shape[0]!, 3]);
      },
    };
    const plain = sectors(5, 5);
    const source = {
      ...plain,
      async *batches(epoch: number) {
        for await (const batch of plain.batches(epoch)) {
          yield { ...batch, teacherImages: new Float32Array(20), teacherShape: [5, 4] };
        }
      },
    };
    const distiller = new Distiller({ student: tfl.model({ inputs: input, outputs }), teacher });
    distiller.compile({ optimizer: adam() });
    await distiller.fitDataset(source, { epochs: 1, microBatchSize: 3, validationData: source });
    const [batch] = await collect(plain.batches(0));
    const keys = [...batch!.sampleKeys];
    expect(seen.slice(0, 2)).toEqual([
      { training: true, keys: keys.slice(0, 3) },
      { training: true, keys: keys.slice(3) },
    ]);
    expect(seen.slice(2).every((call) => !call.training)).toBe(true);
    expect(taught).toEqual([
      [3, 4],
      [2, 4],
    ]);
  });

  test("an epoch's losses are unweighted means of batch means, its accuracy a mean over samples", async () => {
    const model = oneHead();
    const classifier = new Classifier(model);
    classifier.compile({ optimizer: adam() });
    const source = sectors(10, 8); // batches of 8 and 2
    const means: number[] = [];
    let correct = 0;
    for await (const { images, labels } of source.batches(0)) {
      const logits = model.predict(tf.div(tf.tensor2d(images, [labels.length, 2]), 255)) as tf.Tensor2D;
      const targets = smoothedOneHot(tf.tensor1d(labels, "int32"), 3, 0);
      means.push(tf.mean(softmaxCrossEntropy(targets, logits)).dataSync()[0]!);
      const best = tf.argMax(logits, 1).dataSync();
      correct += labels.filter((label, i) => label === best[i]).length;
    }
    const logs = await classifier.evaluateDataset(source, { microBatchSize: 3 });
    expect(logs.loss).toBeCloseTo((means[0]! + means[1]!) / 2, 5);
    expect(logs.accuracy).toBeCloseTo(correct / 10, 6);
  });

  test("stops where the loss is not finite, before a step is taken, and names the place", async () => {
    const model = oneHead();
    const before = weightsOf(model);
    const classifier = new Classifier(model);
    classifier.compile({ optimizer: adam(), preprocess: (images) => tf.mul(images, Number.NaN) });
    await expect(classifier.fitDataset(sectors(8, 8), { epochs: 1 })).rejects.toThrow(
      /fit: the loss must be finite, got NaN \(the first bad one is .*\); in epoch 1, batch 1, before step 1 was taken/,
    );
    expect(weightsOf(model)).toEqual(before);
  });

  test("accepts tfjs' early stopping and plain callback objects", async () => {
    const classifier = new Classifier(oneHead());
    classifier.compile({ optimizer: adam(0) }); // learns nothing: stops at once
    const epochs: number[] = [];
    const sizes: number[] = [];
    const history = await classifier.fitDataset(sectors(20, 8), {
      epochs: 10,
      validationData: sectors(20, 8, 2),
      callbacks: [
        tfl.callbacks.earlyStopping({ monitor: "val_loss", patience: 1 }),
        {
          onEpochEnd: (epoch) => void epochs.push(epoch),
          onBatchEnd: (_, logs) => void sizes.push(logs!.size!),
        },
      ],
    });
    expect(epochs).toEqual(history.epoch);
    expect(epochs.length).toBeLessThan(10);
    expect(sizes.slice(0, 3)).toEqual([8, 8, 4]);
  });

  test("reads batched tf.data-like datasets, with one-hot or integer labels", async () => {
    const elements = (oneHot: boolean) => ({
      iterator: async () => {
        let given = 0;
        return {
          next: async () => {
            if (given++ === 2) return { done: true as const, value: null };
            const labels = tf.tensor1d([0, 2], "int32");
            return {
              done: false as const,
              value: { xs: tf.ones([2, 2]), ys: oneHot ? tf.oneHot(labels, 3) : labels },
            };
          },
        };
      },
    });
    for (const oneHot of [true, false]) {
      const source = fromTfData(elements(oneHot), { size: 4, batchSize: 2 });
      const [first, second] = await collect(source.batches(0));
      expect([...first!.labels]).toEqual([0, 2]);
      expect(new Set([...first!.sampleKeys, ...second!.sampleKeys]).size).toBe(4);
    }
  });
});

describe("refuses", () => {
  beforeAll(() => startBackend("cpu"));

  test("a teacher with another number of classes", () => {
    expect(() => new Distiller({ student: twoHeads(5), teacher: layersTeacher(oneHead()) })).toThrow(
      "Distiller: the teacher must have the student's 5 classes, got 3",
    );
  });

  test("models with the wrong outputs", () => {
    expect(() => new Classifier(twoHeads())).toThrow(
      "Classifier: the model must have one output of shape [batch, classes]",
    );
    expect(() => new Distiller({ student: oneHead(), teacher: layersTeacher(oneHead()) })).toThrow(
      "Distiller: the model must have 2 outputs (classification, distillation) of shape [batch, classes], got [batch,3]",
    );
  });

  test("training before compile, and options that make no sense", async () => {
    const classifier = new Classifier(oneHead());
    expect(() => classifier.fitDataset(sectors(4, 4), { epochs: 1 })).toThrow(
      "Classifier.fitDataset: call compile() first",
    );
    classifier.compile({ optimizer: adam() });
    await expect(classifier.fitDataset(sectors(4, 4), { epochs: 0 })).rejects.toThrow(
      "epochs must be an integer >= 1, got 0",
    );
    await expect(classifier.fitDataset(sectors(4, 4), { epochs: 1, microBatchSize: 0.5 })).rejects.toThrow(
      "microBatchSize must be an integer >= 1, got 0.5",
    );
    await expect(classifier.fitDataset(sectors(4, 4), { epochs: 2, initialEpoch: 2 })).rejects.toThrow(
      "initialEpoch must be an integer in [0, 2), got 2",
    );
    await expect(classifier.fitDataset(sectors(0, 4), { epochs: 1 })).rejects.toThrow(
      "size must be an integer >= 1, got 0",
    );
    const distiller = new Distiller({ student: twoHeads(), teacher: layersTeacher(oneHead()) });
    expect(() => distiller.compile({ optimizer: adam(), alpha: 2 })).toThrow(
      "alpha must be in [0, 1], got 2",
    );
  });

  test("a batch whose numbers do not fill its shape", async () => {
    const classifier = new Classifier(oneHead());
    classifier.compile({ optimizer: adam() });
    const [batch] = await collect(sectors(4, 4).batches(0));
    const source = {
      size: 4,
      batchSize: 4,
      async *batches() {
        yield { ...batch!, shape: [4, 3] };
      },
    };
    await expect(classifier.fitDataset(source, { epochs: 1 })).rejects.toThrow(
      "images of shape [4,3] must hold 12 numbers, got 8",
    );
  });
});

test("the soft loss of a batch is the mean over its rows whatever the cut", async () => {
  await startBackend("cpu");
  const [teacher, student] = [
    tf.randomNormal([6, 3], 0, 1, "float32", 1),
    tf.randomNormal([6, 3], 0, 1, "float32", 2),
  ];
  const soft = { kind: "soft", temperature: 2 } as const;
  const whole = tf
    .mean(distillationLoss(soft, teacher as tf.Tensor2D, student as tf.Tensor2D))
    .dataSync()[0]!;
  const halves = [0, 3].map((row) => {
    const rows = [teacher, student].map((t) => tf.slice(t, [row, 0], [3, 3])) as [tf.Tensor2D, tf.Tensor2D];
    return tf.mean(distillationLoss(soft, ...rows)).dataSync()[0]!;
  });
  expect((halves[0]! + halves[1]!) / 2).toBeCloseTo(whole, 6);
});
