// Function matching: twenty steps of PATIENT_RECIPE's task against PyTorch, and a head without a loss takes no part in evaluation.
import * as tf from "@tensorflow/tfjs-core";
import { deit, vit } from "deit-model";
import { fixturesOf, largestDifference, type Packed, parity, sectors } from "test-kit";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import { type BatchLogs, type DataSource, fit, type MicroBatch, type Task } from "train-loop";
import { mixBatch } from "vision-augment";
import { beforeAll, describe, expect, test } from "vitest";
import { packedSource, type TrainingData } from "../../test/recorded-runs.ts";
import { timmVit, variableError } from "../../test/timm-vit.ts";
import {
  Distiller,
  layersTeacher,
  logitDistillation,
  mixedSource,
  PATIENT_RECIPE,
  recipeTask,
  type Teacher,
  tokenDistillation,
} from "../index.ts";

interface Fixture {
  readonly versions: { readonly torch: string };
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly temperature: number;
  /** Share of a row in its mix, batch by batch. */
  readonly lambdas: readonly number[];
  readonly losses: readonly number[];
  readonly end: Readonly<Record<string, Packed>>;
}

const { json } = fixturesOf(import.meta.url);
const fixture: Fixture = json("torch-function-matching.json");
const start: Readonly<Record<"student" | "teacher", Readonly<Record<string, Packed>>>> =
  json("torch-distillation.json");
const data: TrainingData = json("keras-training.json");
const { headDim: _, ...config } = data.config;

/** The fixture's batches, mixed by its shares. */
function mixed(source: DataSource): DataSource {
  const stepsPerEpoch = fixture.lambdas.length / data.epochs;
  return {
    size: source.size,
    batchSize: source.batchSize,
    async *batches(epoch) {
      let step = epoch * stepsPerEpoch;
      for await (const batch of source.batches(epoch)) {
        yield mixBatch(batch, { kind: "mixup", lambda: fixture.lambdas[step++]! }, config.classes);
      }
    },
  };
}

describe.each(PARITY_BACKENDS)("on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test("20 steps of the patient recipe's loss, on mixed views that both see", async () => {
    const student = timmVit(config, start.student);
    const teacher = layersTeacher(timmVit({ ...config, dim: 8, depth: 1, heads: 2 }, start.teacher));
    const { normalization: __, ...recipe } = PATIENT_RECIPE; // the fixture's pixels are x / 255 for both
    expect(recipe.distillation).toEqual({ kind: "soft", temperature: fixture.temperature });
    const task = logitDistillation({ student, teacher, ...recipeTask(recipe) });
    const { learningRate, weightDecay } = fixture;
    const optimizer = new AdamW({ ...ADAMW_SEMANTICS.torch, learningRate, weightDecay });
    const losses: number[] = [];
    await fit(task, optimizer, mixed(packedSource(data.train, data.batchSize)), {
      epochs: data.epochs,
      callbacks: { onBatchEnd: async (_, logs) => void losses.push((logs as BatchLogs).loss!) },
    });
    optimizer.dispose();
    expect(losses).toHaveLength(20);
    const row = { reference: "PyTorch", version: fixture.versions.torch, backend, tolerance: 1e-5 };
    const item = "20 steps of function matching (KL, T = 5, MixUp), AdamW of PyTorch";
    const measured = largestDifference(losses, fixture.losses);
    parity({ ...row, item: `${item}: the loss of each step (absolute)`, measured });
    parity({
      ...row,
      item: `${item}: variables at the end (relative to the largest)`,
      measured: variableError(student, fixture.end),
    });
  });
});

describe("a head without a loss", () => {
  let images: tf.Tensor;
  beforeAll(async () => {
    await startBackend("cpu");
    images = tf.randomUniform([4, 8, 8, 3], 0, 255, "float32", 5);
  });

  const small = { imageSize: 8, patchSize: 4, dim: 8, depth: 1, heads: 2, classes: 3, init: "timm" } as const;
  const batch = (labels: number[]): MicroBatch => ({
    images,
    teacherImages: images,
    labels: tf.tensor1d(labels, "int32"),
    sampleKeys: Uint32Array.of(1, 2, 3, 4),
  });
  const teacher: Teacher = { classes: 3, logits: async () => tf.tensor2d(Array(4).fill([2, 0, 1])) };
  const student = () => deit(small);
  const heads = (model: ReturnType<typeof student>) =>
    (model.predict(tf.div(images, 255)) as tf.Tensor[]).map((head) => [...head.dataSync()]);

  async function answers(task: Task) {
    const prepared = await task.prepare(batch([0, 1, 2, 0]), true, 0);
    const evaluated = [...task.evaluate(prepared).logits.dataSync()];
    const trained = [...task.train(prepared, Uint32Array.of(1, 2, 3, 4), 0).logits.dataSync()];
    return { evaluated, trained };
  }

  test.each([
    [1, 1],
    [0, 0],
  ])("takes no part in evaluation and accuracy: alpha %f judges output %i alone", async (alpha, output) => {
    const model = student();
    const expected = heads(model)[output]!;
    const { evaluated, trained } = await answers(tokenDistillation({ student: model, teacher, alpha }));
    expect(evaluated).toEqual(expected);
    expect(largestDifference(trained, expected)).toBeLessThan(1e-6);
  });

  test("as in a Distiller, whose evaluation with alpha 1 does not change with the class head", async () => {
    const model = student();
    const distiller = new Distiller({ student: model, teacher });
    distiller.compile({ optimizer: new AdamW({ learningRate: 1e-3 }), alpha: 1 });
    const labels = data.train.labels.map((label) => label % 3);
    const held = packedSource({ ...data.train, labels }, 8);
    const before = await distiller.evaluateDataset(held);
    const head = model.getLayer("classification_head");
    head.setWeights(head.getWeights().map((weight) => tf.mul(weight, 50)));
    expect(await distiller.evaluateDataset(held)).toEqual(before);
  });

  test("with 0 < alpha < 1 both do", async () => {
    const model = student();
    const [cls, dist] = heads(model);
    const { evaluated } = await answers(tokenDistillation({ student: model, teacher, alpha: 0.9 }));
    expect(
      largestDifference(
        evaluated,
        cls!.map((x, i) => (x + dist![i]!) / 2),
      ),
    ).toBeLessThan(1e-6);
  });

  test("labels do not teach: the gradients of function matching are equal for all labels, bit for bit", async () => {
    const model = vit(small);
    const task = logitDistillation({ student: model, teacher, ...recipeTask(PATIENT_RECIPE) });
    const gradients = async (labels: number[]) => {
      const prepared = await task.prepare(batch(labels), true, 0);
      const { grads } = tf.variableGrads(
        () => task.train(prepared, Uint32Array.of(1, 2, 3, 4), 0).loss,
        [...task.variables],
      );
      return Object.values(grads).map((one) => [...one.dataSync()]);
    };
    expect(await gradients([0, 1, 2, 0])).toEqual(await gradients([2, 2, 1, 1]));
  });
});

test("the recipe mixes every batch by MixUp alone, with shares of U(0, 1)", async () => {
  const { mixing } = PATIENT_RECIPE;
  const source = mixedSource(sectors(400, 4), { ...mixing, classes: 3 });
  const plain = sectors(400, 4);
  const shares: number[] = [];
  for (let epoch = 0; epoch < 4; epoch++) {
    const originals = plain.batches(epoch)[Symbol.asyncIterator]();
    for await (const { targets } of source.batches(epoch)) {
      const { value } = await originals.next();
      const [first, last] = [value!.labels[0]!, value!.labels[3]!];
      if (first !== last) shares.push(targets![first]!);
    }
  }
  const n = shares.length;
  expect(n).toBeGreaterThan(200);
  const mean = (values: readonly number[]) => values.reduce((sum, x) => sum + x, 0) / n;
  expect(Math.abs(mean(shares) - 1 / 2)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
  expect(Math.abs(mean(shares.map((x) => x * x)) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / n));
  expect(shares.every((share) => share > 0 && share < 1)).toBe(true);
});
