import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { type Batch, MULTI_LABEL, sampleKey } from "sample-keys";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { AdamW } from "tfjs-optim";
import { type DataSource, evaluate, fit } from "train-loop";
import { beforeAll, describe, expect, test } from "vitest";
import {
  classification,
  DEIT_RECIPE,
  layersTeacher,
  logitDistillation,
  mixedSource,
  recipeTask,
  storeTeacherLogits,
} from "../index.ts";

const ROWS = 12;
const CLASSES = 3;

/** Rows of three numbers; a row has a class where its number is above 127. A row without a label has zeros. */
function sourceOf(unlabeled: readonly number[] = []): DataSource {
  const images = Float32Array.from({ length: ROWS * CLASSES }, (_, i) => (i * 97 + 31) % 256);
  const isHidden = (row: number) => unlabeled.includes(row);
  return {
    size: ROWS,
    batchSize: ROWS,
    async *batches(epoch): AsyncGenerator<Batch> {
      yield {
        images,
        shape: [ROWS, CLASSES],
        labels: Int32Array.from({ length: ROWS }, (_, row) => (isHidden(row) ? -1 : MULTI_LABEL)),
        targets: images.map((pixel, i) => Number(pixel > 127 && !isHidden(Math.floor(i / CLASSES)))),
        sampleKeys: Uint32Array.from({ length: ROWS }, (_, row) => sampleKey(1, epoch, row)),
        viewKeys: BigUint64Array.from({ length: ROWS }, (_, row) => BigInt(row)),
      };
    },
  };
}

function modelOf(seed: number): tfl.Sequential {
  const kernelInitializer = tfl.initializers.glorotUniform({ seed });
  return tfl.sequential({
    layers: [tfl.layers.dense({ units: CLASSES, inputShape: [CLASSES], kernelInitializer })],
  });
}

describe.each(BACKENDS)("a task of several labels on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test("learns each class as a question of its own, until every row is right", async () => {
    const task = classification({
      model: modelOf(1),
      multiLabel: true,
      preprocess: (images) => tf.tidy(() => tf.sub(tf.div(images, 127.5), 1)),
    });
    const { history } = await fit(task, new AdamW({ learningRate: 1, weightDecay: 0 }), sourceOf(), {
      epochs: 150,
      validationData: sourceOf(),
    });
    expect(history.val_accuracy!.at(-1)).toBe(1);
    expect(history.val_accuracy![0]).toBeLessThan(1);
    expect(history.loss!.at(-1)).toBeLessThan(0.1);
  });

  test.each([{ kind: "hard" } as const, { kind: "soft", temperature: 2 } as const])(
    "is distilled, $kind, on unlabeled rows too, however the batch is cut",
    async (distillation) => {
      const run = async (microBatchSize: number) => {
        const [student, network] = [modelOf(1), modelOf(2)];
        const task = logitDistillation({
          ...{ student, teacher: layersTeacher(network), multiLabel: true, distillation, alpha: 0.5 },
          ...{ loss: { kind: "focal", gamma: 1, alpha: 0.25 }, classWeights: [1, 2, 0.5] },
        });
        const data = mixedSource(sourceOf([1, 2, 5, 9]), { classes: CLASSES, cutmixAlpha: 0 });
        const options = { epochs: 3, microBatchSize };
        const { history } = await fit(task, new AdamW({ learningRate: 0.05 }), data, options);
        return { history, weights: [...student.getWeights()[0]!.dataSync()] };
      };
      const [whole, cut] = [await run(12), await run(5)];
      whole.weights.forEach((weight, i) => {
        expect(cut.weights[i]).toBeCloseTo(weight, 5);
      });
      expect(cut.history.student_loss![2]).toBeCloseTo(whole.history.student_loss![2] as number, 5);
      expect(whole.history.distillation_loss![2]).toBeLessThan(whole.history.distillation_loss![0] as number);
    },
  );

  test("soft distillation from oneself has neither loss nor gradient, and hard one is the classes above 0", async () => {
    const student = modelOf(3);
    const lossesOf = async (distillation: { kind: "hard" } | { kind: "soft"; temperature: number }) => {
      const teacher = layersTeacher(student, { preprocess: (images) => tf.div(images, 255) });
      const task = logitDistillation({ student, teacher, multiLabel: true, distillation, alpha: 1 });
      const prepared = await task.prepare(
        {
          images: tf.tensor2d([[9, 200, 90]]),
          teacherImages: tf.tensor2d([[9, 200, 90]]),
          labels: tf.tensor1d([MULTI_LABEL], "int32"),
          targets: tf.tensor2d([[0, 1, 0]]),
          sampleKeys: Uint32Array.of(1),
        },
        true,
        0,
      );
      const { value, grads } = tf.variableGrads(
        () => task.train(prepared, Uint32Array.of(1), 0).loss,
        [...task.variables],
      );
      const logits = [...prepared.teacherLogits!.dataSync()];
      return { value: value.dataSync()[0]!, logits, slope: Object.values(grads)[0]!.dataSync() };
    };
    const soft = await lossesOf({ kind: "soft", temperature: 3 });
    expect(Math.abs(soft.value)).toBeLessThan(1e-5);
    expect(Math.max(...soft.slope.map(Math.abs))).toBeLessThan(1e-6);
    const { value, logits } = await lossesOf({ kind: "hard" });
    const expected = logits.reduce((sum, x) => sum + Math.log1p(Math.exp(-Math.abs(x))), 0) / 3;
    expect(value).toBeCloseTo(expected, 5);
  });

  test("batches and tasks of another kind are refused by name", async () => {
    const single = classification({ model: modelOf(1) });
    await expect(evaluate(single, sourceOf())).rejects.toThrow(
      "evaluate, batch 1: labels must be classes, got -2, several labels, at labels[0]; they are for tasks with multiLabel: true",
    );
    const task = classification({ model: modelOf(1), multiLabel: true });
    async function* other(change: (batch: Batch) => Batch): AsyncGenerator<Batch> {
      for await (const batch of sourceOf().batches(0)) yield change(batch);
    }
    const evaluated = (change: (batch: Batch) => Batch) =>
      evaluate(task, { size: ROWS, batchSize: ROWS, batches: () => other(change) });
    await expect(evaluated((batch) => ({ ...batch, labels: new Int32Array(ROWS) }))).rejects.toThrow(
      "labels must be -2 for samples with several labels, got 0 at labels[0]",
    );
    await expect(evaluated(({ targets: _, ...batch }) => batch)).rejects.toThrow(
      "samples with several labels must have targets, got none",
    );
    await expect(
      evaluated((batch) => ({ ...batch, targets: batch.targets!.map((_, i) => (i === 4 ? 2 : 0)) })),
    ).rejects.toThrow("targets of several labels must be in [0, 1], got 2 in row 1, class 1");
    await expect(evaluate(task, sourceOf([3]))).rejects.toThrow("got -1 at labels[3]");
  });

  test("a teacher's logits are stored whatever the labels are", async () => {
    const rows = new Map<bigint, Float32Array>();
    const store = {
      classes: CLASSES,
      find: async (keys: BigUint64Array) => Array.from(keys, (key) => rows.get(key)),
      add: async (keys: BigUint64Array, logits: Float32Array) => {
        keys.forEach((key, i) => void rows.set(key, logits.slice(i * CLASSES, (i + 1) * CLASSES)));
      },
    };
    await storeTeacherLogits(layersTeacher(modelOf(1)), sourceOf(), store, { epochs: 1 });
    expect(rows.size).toBe(ROWS);
  });
});

test("a recipe's class weights are those of the data", () => {
  const labels = { classNames: ["a", "b"], counts: [30, 10] };
  const balanced = { ...DEIT_RECIPE, classWeights: "balanced" } as const;
  expect(recipeTask(balanced, labels).classWeights).toEqual([40 / 60, 2]);
  expect(
    recipeTask({ ...DEIT_RECIPE, classWeights: [{ name: "b", weight: 3 }] }, labels).classWeights,
  ).toEqual([1, 3]);
  const several = { ...labels, samples: 50, multiLabel: true };
  expect(recipeTask(balanced, several)).toMatchObject({
    multiLabel: true,
    loss: { kind: "bce", posWeight: [20 / 30, 4] },
  });
  expect(recipeTask(DEIT_RECIPE, several)).toMatchObject({ multiLabel: true });
  expect(recipeTask(DEIT_RECIPE)).not.toHaveProperty("multiLabel");
  expect(() => recipeTask(balanced)).toThrow("needs the labels of the data, got none");
  expect(() => recipeTask({ ...DEIT_RECIPE, classWeights: [{ name: "c", weight: 3 }] }, labels)).toThrow(
    "recipe: classWeights must be of the data's classes (a, b), got 'c'",
  );
  const nothing = ["a", "b"].map((name) => ({ name, weight: 0 }));
  expect(() => recipeTask({ ...DEIT_RECIPE, classWeights: nothing }, labels)).toThrow(
    "recipe: classWeights must be above 0 for one of the data's classes or more, got 0 for all",
  );
  expect(() => recipeTask(balanced, { ...labels, counts: [3, 0] })).toThrow("got balanced and none of 'b'");
  expect(() => recipeTask({ ...balanced, loss: { kind: "focal" } }, several)).toThrow(
    "are the posWeight of the loss bce",
  );
  const twice = [1, 2].map((weight) => ({ name: "b", weight }));
  expect(() => recipeTask({ ...DEIT_RECIPE, classWeights: twice }, labels)).toThrow(
    "recipe: classWeights must name each class once, got 'b' twice",
  );
  expect(() => recipeTask({ ...DEIT_RECIPE, loss: { kind: "hinge" } as never })).toThrow(
    `recipe: loss: kind must be "cross-entropy" or "bce" or "focal", got 'hinge'`,
  );
});
