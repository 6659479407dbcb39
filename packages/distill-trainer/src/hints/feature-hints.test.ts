import * as tf from "@tensorflow/tfjs-core";
import { vit } from "deit-model";
import { errorOverLargest } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { variablesOf } from "tfjs-optim";
import { type BatchLogs, fit } from "train-loop";
import { beforeAll, describe, expect, test } from "vitest";
import {
  classification,
  FeatureHints,
  type FeatureHintsOptions,
  featureStatistics,
  type LayeredTeacher,
  layersTeacher,
  tokenDistillation,
} from "../index.ts";
import { bitTeacher, CLASSES, cnn, SIDE, stripes, studentOf } from "./test-data.ts";

const valuesOf = (variables: readonly tf.Variable[]): Float32Array[] =>
  variables.map((x) => (x.dataSync() as Float32Array).slice());

/** Counts the passes of a teacher, alone and with its layers. */
function counted(teacher: LayeredTeacher): {
  teacher: LayeredTeacher;
  passes: { logits: number; layers: number };
} {
  const passes = { logits: 0, layers: 0 };
  const { layers } = teacher;
  return {
    passes,
    teacher: {
      classes: teacher.classes,
      logits: (images, views) => {
        passes.logits += 1;
        return teacher.logits(images, views);
      },
      layers: {
        ...layers,
        run: (images, names) => {
          passes.layers += 1;
          return layers.run(images, names);
        },
      },
    },
  };
}

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test("the term is the weighted loss between whitened maps and projected patch tokens", async () => {
    const student = studentOf();
    const pairs = [
      { teacher: "norm.act", student: "blocks.1", weight: 2 },
      { teacher: "stages.0.blocks.0.add", student: "blocks.0", weight: 3, whitening: "none" as const },
    ];
    const hints = new FeatureHints({ student, teacher: bitTeacher(), pairs, schedule: "cosine", steps: 4 });
    const images = tf.randomUniform([2, SIDE, SIDE, 3], 0, 255, "float32", 5);
    const { targets, logits } = await hints.teach(images);
    expect(targets.map(({ shape }) => shape)).toEqual([
      [2, 16, 32],
      [2, 16, 16],
    ]);
    expect(logits.shape).toEqual([2, CLASSES]);
    const { outputs, features } = hints.apply(tf.div(images, 255), { training: false });
    expect(outputs.length).toBe(2);
    const expected = targets.map((target, i) => {
      const [kernel, bias] = hints.variables.slice(2 * i, 2 * i + 2) as tf.Tensor[] as [
        tf.Tensor2D,
        tf.Tensor1D,
      ];
      const tokens = tf.reshape(tf.slice(features[i] as tf.Tensor3D, [0, 2, 0], [2, 16, 12]), [32, 12]);
      const projected = tf.reshape(tf.add(tf.matMul(tokens, kernel), bias), target.shape);
      return pairs[i]!.weight * tf.losses.meanSquaredError(target, projected).dataSync()[0]!;
    });
    const full = expected[0]! + expected[1]!;
    expect(hints.loss(targets, features, hints.weightsAt(0)).dataSync()[0]! / full).toBeCloseTo(1, 5);
    expect(hints.loss(targets, features, hints.weightsAt(2)).dataSync()[0]! / full).toBeCloseTo(0.5, 5);
    // The first pair's maps are resized from 2×2 to 4×4 after the whitening: corners are the maps' own.
    const direct = await hints.teacher.layers.run(images, ["norm.act"]);
    const corner = tf
      .slice(direct.features[0] as tf.Tensor4D, [0, 0, 0, 0], [1, 1, 1, 32])
      .dataSync() as Float32Array;
    const mean = corner.reduce((sum, x) => sum + x, 0) / 32;
    const deviation = Math.sqrt(corner.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 32);
    const white = Float32Array.from(corner, (x) => (x - mean) / deviation);
    const target = tf.slice(targets[0]!, [0, 0, 0], [1, 1, 32]).dataSync() as Float32Array;
    expect(errorOverLargest(target, white)).toBeLessThan(1e-4); // epsilon
  });

  test("trains student and projections, runs the teacher once a batch, frees all, and stays out of the student", async () => {
    const student = studentOf();
    const names = student.weights.map(({ originalName }) => originalName);
    const { teacher, passes } = counted(bitTeacher());
    await teacher.logits(tf.zeros([8, SIDE, SIDE, 3])); // the kind of its outputs is known from now on
    passes.logits = 0;
    const before = tf.memory().numTensors;
    const hints = new FeatureHints({ student, teacher, pairs: [{ teacher: "norm.act" }] });
    const task = tokenDistillation({ student, teacher, hints });
    const [first, projections] = [valuesOf(variablesOf(student)), valuesOf(hints.variables)];
    const optimizer = tf.train.sgd(0.05);
    const { history } = await fit(task, optimizer, stripes(), { epochs: 2, microBatchSize: 4 });
    optimizer.dispose();
    expect(passes).toEqual({ logits: 0, layers: 6 });
    expect(Object.keys(history)).toEqual([
      "loss",
      "student_loss",
      "distillation_loss",
      "hint_loss",
      "accuracy",
    ]);
    const [one, two] = history.hint_loss as [number, number];
    expect(two).toBeLessThan(one);
    const moved = valuesOf(variablesOf(student)).map((values, i) =>
      values.some((x, j) => x !== first[i]![j]),
    );
    expect(moved.filter(Boolean).length).toBe(names.length);
    expect(valuesOf(hints.variables)[0]!.some((x, i) => x !== projections[0]![i])).toBe(true);
    hints.dispose();
    expect(tf.memory().numTensors).toBe(before);
    expect(student.weights.map(({ originalName }) => originalName)).toEqual(names);
  });
});

describe("hints with an end", () => {
  beforeAll(() => startBackend("wasm"));

  test("leave the teacher's layers alone afterwards", async () => {
    const student = vit({ imageSize: SIDE, patchSize: 4, dim: 8, depth: 2, heads: 2, classes: CLASSES });
    const { teacher, passes } = counted(bitTeacher());
    const hints = new FeatureHints({ student, teacher, steps: 4 });
    const task = classification({ model: student, hints });
    const logs: BatchLogs[] = [];
    const onBatchEnd = async (_: number, log: unknown) => void logs.push(log as BatchLogs);
    await fit(task, tf.train.sgd(0.01), stripes(), {
      epochs: 2,
      microBatchSize: 4,
      callbacks: { onBatchEnd },
    });
    expect(passes).toEqual({ logits: 0, layers: 4 });
    expect(logs.map(({ hint_loss }) => hint_loss! > 0)).toEqual([true, true, true, true, false, false]);
    hints.dispose();
  });

  test("follow their schedule", () => {
    const student = studentOf();
    const at = (options: Partial<FeatureHintsOptions>) => {
      const hints = new FeatureHints({ student, teacher: bitTeacher(), ...options });
      hints.dispose();
      return [0, 2, 4, 5].map((step) => Number(hints.factorAt(step).toFixed(6)));
    };
    expect(at({})).toEqual([1, 1, 1, 1]);
    expect(at({ steps: 4 })).toEqual([1, 1, 0, 0]);
    expect(at({ steps: 4, schedule: "cosine" })).toEqual([1, 0.5, 0, 0]);
  });
});

test("a teacher of hints beside one of stored logits runs for its layers only", async () => {
  await startBackend("wasm");
  const student = studentOf();
  const { teacher, passes } = counted(bitTeacher());
  const hints = new FeatureHints({ student, teacher });
  const logits = {
    classes: CLASSES,
    logits: (images: tf.Tensor) => tf.zeros([images.shape[0]!, CLASSES]) as tf.Tensor2D,
  };
  const task = tokenDistillation({ student, teacher: logits, hints });
  await fit(task, tf.train.sgd(0.01), stripes(), { epochs: 1, microBatchSize: 4 });
  expect(passes).toEqual({ logits: 0, layers: 3 });
  hints.dispose();
});

test("features that are not finite end the training, with the row", async () => {
  await startBackend("wasm");
  const student = studentOf();
  const teacher = bitTeacher();
  const { layers } = teacher;
  const bad: LayeredTeacher = {
    ...teacher,
    layers: {
      ...layers,
      async run(images, names) {
        const { logits, features } = await layers.run(images, names);
        const rows = [1, Number.NaN, ...Array.from({ length: images.shape[0]! - 2 }, () => 1)];
        return {
          logits,
          features: features.map((x) => tf.mul(x, tf.tensor4d(rows, [rows.length, 1, 1, 1]))),
        };
      },
    },
  };
  const hints = new FeatureHints({
    student,
    teacher: bad,
    pairs: [{ teacher: "norm.act", whitening: "none" }],
  });
  const task = tokenDistillation({ student, teacher: bad, hints });
  const running = fit(task, tf.train.sgd(0.01), stripes(), { epochs: 1, microBatchSize: 4 });
  await expect(running).rejects.toThrow(
    "fit: the teacher's features must be finite, got NaN or an infinity in row 1",
  );
  hints.dispose();
});

test("featureStatistics are each channel's mean and variance, and whiten it", async () => {
  await startBackend("cpu");
  const teacher = layersTeacher(cnn());
  const [map, vector] = await featureStatistics(teacher, ["map", "vector"], stripes(), { microBatchSize: 3 });
  const images: tf.Tensor[] = [];
  for await (const batch of stripes().batches(0)) images.push(tf.tensor(batch.images, [...batch.shape]));
  const { features } = await teacher.layers.run(tf.concat(images), ["map", "vector"]);
  for (const [i, found] of [map!, vector!].entries()) {
    const { mean, variance } = tf.moments(tf.reshape(features[i]!, [-1, 6]), 0);
    expect(errorOverLargest(Float32Array.from(found.mean), mean.dataSync() as Float32Array)).toBeLessThan(
      1e-5,
    );
    expect(
      errorOverLargest(Float32Array.from(found.variance), variance.dataSync() as Float32Array),
    ).toBeLessThan(1e-5);
  }
  const few = await featureStatistics(teacher, ["map"], stripes(), { samples: 3 });
  expect(few[0]!.mean).not.toEqual(map!.mean);
  const hints = new FeatureHints({
    ...{ student: studentOf(), teacher },
    pairs: [{ teacher: "map", student: "blocks.0", whitening: map! }],
  });
  expect(JSON.stringify(hints.settings)).toContain("varianceSum");
  const { targets } = await hints.teach(tf.concat(images));
  const { mean, variance } = tf.moments(tf.reshape(targets[0]!, [-1, 6]), 0);
  for (const value of mean.dataSync()) expect(value).toBeCloseTo(0, 4);
  for (const value of variance.dataSync()) expect(value).toBeCloseTo(1, 3);
  hints.dispose();
});
