import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { largestDifference, noise } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { fit } from "train-loop";
import { beforeAll, describe, expect, test } from "vitest";
import {
  averageTeachers,
  distillationLoss,
  FeatureHints,
  layersTeacher,
  logitDistillation,
  type Teacher,
} from "../index.ts";
import { cnnTeacher, oneHead, pictures, SIDE, SOME, teacherOf } from "../unlabeled/test-data.ts";

const constant = (logits: readonly number[]): Teacher => ({
  classes: logits.length,
  logits: ({ shape }) => tf.tensor2d(Array.from({ length: shape[0]! }, () => [...logits])),
});

describe.each(BACKENDS)("averageTeachers on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test.each([1, 4])(
    "the loss at T = %d has the gradient of the weighted sum of each teacher's loss",
    async (temperature) => {
      const rows = [0, 1, 2].map((i) => Array.from(noise(4, i), (x) => (i + 1) * 3 * x));
      const weights = [2, 1, 5];
      const teachers = rows.map((logits, i) => ({ teacher: constant(logits), weight: weights[i]! }));
      const student = tf.tensor2d([Array.from(noise(4, 9))]);
      const distillation = { kind: "soft", temperature } as const;
      const gradient = (teacher: tf.Tensor2D) =>
        tf
          .grad((x: tf.Tensor) => tf.sum(distillationLoss(distillation, teacher, x as tf.Tensor2D)))(student)
          .dataSync();
      const mean = await averageTeachers(teachers, { temperature }).logits(tf.zeros([1, 1]));
      const each = rows.map((logits) => gradient(tf.tensor2d([logits])));
      const expected = Array.from({ length: 4 }, (_, c) =>
        each.reduce((sum, values, i) => sum + (weights[i]! / 8) * values[c]!, 0),
      );
      expect(largestDifference(gradient(mean), expected)).toBeLessThan(1e-5);
    },
  );

  test("a sure teacher counts by its weight, also where probabilities underflow", async () => {
    const sure = { teacher: constant([500, 0, -500]) };
    const mean = averageTeachers([sure, { teacher: constant([0, 0, 0]), weight: 3 }]);
    const shares = tf.softmax(await mean.logits(tf.zeros([2, 1]))).arraySync() as number[][];
    for (const row of shares) expect(largestDifference(row, [0.5, 0.25, 0.25])).toBeLessThan(1e-6);
    const alone = (await averageTeachers([sure]).logits(tf.zeros([1, 1]))).dataSync();
    expect(largestDifference(alone, [0, -500, -1000])).toBeLessThan(1e-3);
  });

  test("teaches, with hints from each, and leaks nothing", async () => {
    const student = oneHead();
    const teacher = averageTeachers([
      { teacher: cnnTeacher() },
      { teacher: teacherOf(), weight: 2 },
      { teacher: cnnTeacher() },
    ]);
    expect(teacher.layers!.suggested).toEqual(["0.map", "2.map"]);
    const x = tf.zeros([2, SIDE, SIDE, 3]);
    const { features, logits } = await teacher.layers!.run(x, ["2.map", "0.map", "2.map"]);
    expect(features.map(({ shape }) => shape)).toEqual([
      [2, 2, 2, 4],
      [2, 2, 2, 4],
      [2, 2, 2, 4],
    ]);
    expect(largestDifference(features[0]!.dataSync(), features[2]!.dataSync())).toBe(0);
    expect(logits.shape).toEqual([2, 3]);
    const hints = new FeatureHints({ student, teacher: { ...teacher, layers: teacher.layers! } });
    const task = logitDistillation({ student, teacher, hints });
    const optimizer = tf.train.sgd(0.01);
    const train = () => fit(task, optimizer, pictures(SOME), { epochs: 1, microBatchSize: 4 });
    await train();
    const before = tf.memory().numTensors;
    const { history } = await train();
    expect(tf.memory().numTensors).toBe(before);
    expect(history.hint_loss![0]).toBeGreaterThan(0);
    hints.dispose();
  });

  test("names a teacher that does not answer with a row for each image, and frees the others' answers", async () => {
    const short: Teacher = { classes: 3, logits: () => tf.zeros([1, 3]) };
    const wide: Teacher = { classes: 3, logits: ({ shape }) => tf.zeros([shape[0]!, 4]) };
    const images = tf.zeros([2, 1]);
    const before = tf.memory().numTensors;
    for (const [other, shape] of [
      [short, "[1,3]"],
      [wide, "[2,4]"],
    ] as const) {
      const both = averageTeachers([{ teacher: constant([0, 1, 2]) }, { teacher: other }]);
      await expect(both.logits(images)).rejects.toThrow(
        `averageTeachers: teachers[1] must answer with logits of the shape [2,3], one row for each image, got ${shape}`,
      );
    }
    expect(tf.memory().numTensors).toBe(before);
  });

  test("infinite logits are refused by fit, which names the row", async () => {
    const [sure, other] = [constant([Number.POSITIVE_INFINITY, 0, 0]), constant([0, 0, 0])];
    const teacher = averageTeachers([{ teacher: sure }, { teacher: other }]);
    const task = logitDistillation({ student: oneHead(), teacher });
    await expect(fit(task, tf.train.sgd(0.1), pictures(SOME), { epochs: 1 })).rejects.toThrow(
      "fit: the teacher's logits must be finite, got NaN or an infinity in row 0 of the batch",
    );
  });

  test("refuses what does not fit", async () => {
    expect(() => averageTeachers([])).toThrow("averageTeachers: expected at least one teacher, got none");
    const [two, three] = [constant([0, 1]), constant([0, 1, 2])];
    expect(() => averageTeachers([{ teacher: two }, { teacher: three }])).toThrow(
      "averageTeachers: teachers[1] must have the 2 classes of the first, got 3",
    );
    expect(() => averageTeachers([{ teacher: two, weight: 0 }])).toThrow("teachers[0]: weight must be");
    expect(averageTeachers([{ teacher: two }]).layers).toBeUndefined();
    const dense = tfl.sequential({ layers: [tfl.layers.dense({ units: 2, inputShape: [3], name: "only" })] });
    const { layers } = averageTeachers([{ teacher: two }, { teacher: layersTeacher(dense) }]);
    expect(layers!.shapeOf("1.only")).toEqual([2]);
    for (const name of ["0.only", "only", "7.only"])
      expect(() => layers!.shapeOf(name)).toThrow(`of one of 2 teachers with inner layers, got '${name}'`);
  });
});
