import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { deit, vit } from "deit-model";
import { errorOverLargest } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { ModelEma, variablesOf } from "tfjs-optim";
import { type BatchLogs, type CheckpointStorage, fit, loadCheckpointWeights } from "train-loop";
import { beforeAll, describe, expect, test } from "vitest";
import {
  classification,
  FeatureHints,
  type FeatureHintsOptions,
  featureStatistics,
  type LayeredTeacher,
  layersTeacher,
  storedTeacher,
  tokenDistillation,
} from "../index.ts";
import { bitTeacher, CLASSES, hinted, SIDE, stripes, studentOf } from "./test-data.ts";

function memoryStorage(): CheckpointStorage & { readonly files: Map<string, Uint8Array<ArrayBuffer>> } {
  const files = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    files,
    list: async () => [...files.keys()],
    read: async (name) => files.get(name)!,
    write: async (name, bytes) => void files.set(name, bytes),
    remove: async (name) => void files.delete(name),
  };
}

const bitsOf = (variables: readonly tf.Variable[]): string =>
  variables.map((x) => Buffer.from((x.dataSync() as Float32Array).slice().buffer).toString("hex")).join();

const valuesOf = (variables: readonly tf.Variable[]): Float32Array[] =>
  variables.map((x) => (x.dataSync() as Float32Array).slice());

/** A CNN with a map of 4×4 and a vector. */
function cnn(name = "map"): tfl.LayersModel {
  return tfl.sequential({
    layers: [
      tfl.layers.conv2d({ filters: 6, kernelSize: 4, strides: 4, inputShape: [SIDE, SIDE, 3], name }),
      tfl.layers.globalAveragePooling2d({ name: "vector" }),
      tfl.layers.dense({ units: CLASSES, name: "head" }),
    ],
  });
}

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
    expect(hints.loss(targets, features, 0).dataSync()[0]! / full).toBeCloseTo(1, 5);
    expect(hints.loss(targets, features, 2).dataSync()[0]! / full).toBeCloseTo(0.5, 5);
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

  test("a resumed run ends with the bits of one that was not stopped, projections included", async () => {
    const whole = hinted();
    const ema = new ModelEma(whole.student, { decay: 0.9 });
    const { history } = await fit(whole.task, whole.optimizer, stripes(), {
      epochs: 3,
      ema,
      microBatchSize: 3,
    });
    expect(ema.weights.length).toBe(whole.student.weights.length);

    const storage = memoryStorage();
    const run = async (stopsAt: number) => {
      const { task, optimizer, student, hints, dispose } = hinted();
      const average = new ModelEma(student, { decay: 0.9 });
      const stop = new AbortController();
      let steps = 0;
      const onBatchEnd = async () => void (++steps === stopsAt && stop.abort(new Error("stopped")));
      const running = fit(task, optimizer, stripes(), {
        ...{ epochs: 3, ema: average, microBatchSize: 3, signal: stop.signal, callbacks: { onBatchEnd } },
        checkpoint: { storage, resume: true },
      });
      const found = await running.catch((error: Error) => error.message);
      const bits = bitsOf([...variablesOf(student), ...hints.variables]);
      return { found, bits, student, dispose };
    };
    expect((await run(4)).found).toBe("stopped");
    const resumed = await run(-1);
    expect(resumed.bits).toBe(bitsOf([...variablesOf(whole.student), ...whole.hints.variables]));
    expect((resumed.found as tfl.History).history).toEqual(history);
    // The checkpoint fits the student alone.
    const fresh = studentOf();
    await loadCheckpointWeights(fresh, storage);
    expect(bitsOf(variablesOf(fresh))).toBe(bitsOf(variablesOf(resumed.student)));
    const other = hinted({ pairs: [{ teacher: "norm.act" }] });
    const again = fit(other.task, other.optimizer, stripes(), {
      epochs: 3,
      checkpoint: { storage, resume: true },
    });
    await expect(again).rejects.toThrow("hints was");
    const forced = fit(other.task, other.optimizer, stripes(), {
      epochs: 3,
      checkpoint: { storage, resume: "force" },
    });
    await expect(forced).rejects.toThrow("checkpoint: task: expected 2 weights, got 4");
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

describe("layers", () => {
  beforeAll(() => startBackend("cpu"));
  const gridOf = (options: FeatureHintsOptions) => {
    const hints = new FeatureHints(options);
    hints.dispose();
    const [pair] = hints.settings.pairs as { student: string; grid?: number[] }[];
    return [pair!.student, pair!.grid];
  };
  const size = { patchSize: 4, dim: 8, heads: 2, classes: CLASSES, depth: 3 };
  const pair = { teacher: "map" };

  test.each<[string, () => tfl.LayersModel, string | undefined, string, number[]]>([
    ["the block before the last by default", studentOf, undefined, "blocks.1", [4, 4]],
    ["patches of a wide picture", () => vit({ ...size, imageSize: [8, 20] }), undefined, "blocks.1", [2, 5]],
    [
      "of all tokens",
      () => deit({ ...size, imageSize: SIDE, allTokens: true }),
      undefined,
      "blocks.1",
      [4, 4],
    ],
    [
      "the last block with all tokens",
      () => deit({ ...size, imageSize: SIDE, allTokens: true }),
      "blocks.2",
      "blocks.2",
      [4, 4],
    ],
    ["patches without class tokens", studentOf, "patch_embed.proj", "patch_embed.proj", [4, 4]],
    ["maps of a convolutional network", () => cnn("own"), "own", "own", [4, 4]],
  ])("%s", (_, student, name, expected, grid) => {
    const named = { ...pair, ...(name !== undefined && { student: name }) };
    expect(gridOf({ student: student(), teacher: layersTeacher(cnn()), pairs: [named] })).toEqual([
      expected,
      grid,
    ]);
  });

  test("suggested by a BiT are its last map and the last residual sum twice as large", () => {
    expect(bitTeacher().layers.suggested).toEqual(["norm.act", "stages.0.blocks.0.add"]);
    expect(layersTeacher(cnn()).layers.suggested).toEqual(["map"]);
  });

  test("tokens of a ViT teach by their own grid", async () => {
    const teacher = layersTeacher(vit({ ...size, imageSize: SIDE, patchSize: 8 }));
    const student = studentOf();
    const pairs = [{ teacher: "blocks.0", teacherGrid: [2, 2] as const }];
    const hints = new FeatureHints({ student, teacher, pairs });
    expect((await hints.teach(tf.zeros([2, SIDE, SIDE, 3]))).targets[0]!.shape).toEqual([2, 16, 8]);
    hints.dispose();
    expect(() => new FeatureHints({ student, teacher, pairs: [{ teacher: "blocks.0" }] })).toThrow(
      "FeatureHints: pairs[0]: the teacher's layer 'blocks.0' of [batch,5,8] needs the teacherGrid of its patch tokens, got none",
    );
  });

  const refusals: [string, (student: tfl.LayersModel) => Partial<FeatureHintsOptions>, string][] = [
    [
      "a block that has dropped its patch tokens",
      () => ({ pairs: [{ ...pair, student: "blocks.2" }] }),
      "FeatureHints: pairs[0]: the student's layer 'blocks.2' must have its 16 patch tokens, got 2 of 18 tokens; take one before it, such as 'blocks.1'",
    ],
    [
      "a student's layer that does not exist",
      () => ({ pairs: [{ ...pair, student: "block.1" }] }),
      "FeatureHints: pairs[0]: the student must have a layer 'block.1', got images, patch_embed.proj, tokens",
    ],
    [
      "a teacher's layer that does not exist",
      () => ({ pairs: [{ teacher: "mop" }] }),
      "layersTeacher: the model must have a layer 'mop', got map, vector, head; did you mean 'map'?",
    ],
    [
      "vectors for tokens",
      () => ({ pairs: [{ teacher: "vector" }] }),
      "the teacher's layer 'vector' must have maps or tokens as 'blocks.1' has, got [batch,6]",
    ],
    [
      "other channels without a projection",
      () => ({ pairs: [{ ...pair, projects: false }] }),
      "without a projection both layers must have as many channels, got 6 of 'map' and 12 of 'blocks.1'",
    ],
    [
      "other channels than the teacher's",
      () => ({ pairs: [{ ...pair, channels: 7 }] }),
      "the teacher's layer 'map' has 6 channels, channels is 7",
    ],
    [
      "statistics of other channels",
      () => ({ pairs: [{ ...pair, whitening: { mean: [0], variance: [1] } }] }),
      "the teacher's layer 'map': whitening: expected a mean and a variance for each of 6 channels, got 1 and 1",
    ],
    ["no pairs", () => ({ pairs: [] }), "FeatureHints: pairs must be a list of at least one pair, got none"],
    [
      "a cosine without an end",
      () => ({ schedule: "cosine" }),
      "FeatureHints: a cosine needs the steps at which it reaches 0, got none",
    ],
    [
      "an unknown option of a pair",
      () => ({ pairs: [{ ...pair, wieght: 1 } as never] }),
      "FeatureHints: pairs[0]: unknown option 'wieght'; did you mean 'weight'?",
    ],
    [
      "stored logits",
      () => {
        const store = { classes: CLASSES, find: async () => [], add: async () => {} };
        return { teacher: storedTeacher(layersTeacher(cnn()), store) as LayeredTeacher };
      },
      "FeatureHints: teacher must be a Teacher with inner layers, such as layersTeacher(model) (stored logits and SavedModels have none)",
    ],
    [
      "a student without blocks and no name",
      () => ({ student: cnn("own") }),
      "every pair needs the student's layer by name, for 'sequential",
    ],
  ];
  test.each(refusals)("refuses %s, before anything is allocated", (_, options, message) => {
    const student = studentOf();
    const teacher = layersTeacher(cnn());
    const given = options(student);
    const before = tf.memory().numTensors;
    expect(() => new FeatureHints({ student, teacher, ...given })).toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
  });

  test("hints of another student are refused", () => {
    const { hints, dispose } = hinted();
    expect(() => tokenDistillation({ student: studentOf(), teacher: bitTeacher(), hints })).toThrow(
      "tokenDistillation: the hints must be for the task's model 'deit', got those for 'deit'",
    );
    dispose();
  });
});
