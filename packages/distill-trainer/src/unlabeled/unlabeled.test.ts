import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { Batch } from "sample-keys";
import { collect, emptyFolder, errorOverLargest, largestDifference } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { type BatchLogs, type DataSource, evaluate, type FitOptions, fit, type Task } from "train-loop";
import { folderStorage } from "train-loop/node";
import { beforeAll, describe, expect, test } from "vitest";
import {
  classification,
  extractFeatures,
  FeatureHints,
  logitDistillation,
  mixedSource,
  storedTeacher,
  storeTeacherLogits,
  tokenDistillation,
  trainHead,
} from "../index.ts";
import {
  adamW,
  CLASSES,
  cnnTeacher,
  oneHead,
  pictures,
  SIDE,
  SOME,
  studentOf,
  taskOf,
  teacherOf,
} from "./test-data.ts";

async function train(
  task: Task,
  source: DataSource,
  { optimizer = adamW(), ...options }: Partial<FitOptions> & { readonly optimizer?: tf.Optimizer } = {},
) {
  const steps: BatchLogs[] = [];
  const { history } = await fit(task, optimizer, source, {
    ...{ epochs: 2, microBatchSize: 8, ...options },
    callbacks: {
      onBatchEnd: async (_, logs) => {
        const { waitSeconds: _w, computeSeconds: _c, ...numbers } = logs as BatchLogs;
        steps.push(numbers);
      },
    },
  });
  optimizer.dispose();
  return { history, steps, values: valuesOf(task.model) };
}

const valuesOf = ({ weights }: tfl.LayersModel): Float32Array[] =>
  weights.map((weight) => (weight.read().dataSync() as Float32Array).slice());

/** A source with rows of its batches changed. */
function changed(source: DataSource, change: (batch: Batch) => Batch): DataSource {
  async function* batches(epoch: number): AsyncGenerator<Batch> {
    for await (const batch of source.batches(epoch)) yield change(batch);
  }
  return { size: source.size, batchSize: source.batchSize, batches };
}

/** The loss of one batch, from logits without stochastic depth, in float64. */
async function expectedLoss(student: tfl.LayersModel, { images, labels }: Batch, smoothing: number) {
  const rows = labels.length;
  const x = tf.tensor4d(images, [rows, SIDE, SIDE, 3]);
  const heads = (student.predict(tf.div(x, 255)) as tf.Tensor2D[]).map((head) => head.arraySync());
  const taught = (await teacherOf().logits(x)).arraySync();
  const logSoftmax = (logits: number[], temperature = 1) => {
    const z = logits.map((value) => value / temperature);
    const most = Math.max(...z);
    const sum = Math.log(z.reduce((total, value) => total + Math.exp(value - most), 0)) + most;
    return z.map((value) => value - sum);
  };
  let [labelLoss, labeled, distilled] = [0, 0, 0];
  labels.forEach((label, row) => {
    const [p, q] = [logSoftmax(taught[row]!, 2), logSoftmax(heads[1]![row]!, 2)];
    distilled += (4 * p.reduce((sum, value, c) => sum + Math.exp(value) * (value - q[c]!), 0)) / rows;
    if (label < 0) return;
    labeled += 1;
    const own = logSoftmax(heads[0]![row]!);
    labelLoss -= own.reduce(
      (sum, value, c) => sum + value * ((c === label ? 1 - smoothing : 0) + smoothing / CLASSES),
      0,
    );
  });
  const studentLoss = labeled === 0 ? 0 : labelLoss / labeled;
  return { studentLoss, distilled, loss: 0.6 * studentLoss + 0.4 * distilled };
}

describe.each(BACKENDS)("samples without labels on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test("the labels' loss is the mean over the labeled rows of a batch, distillation over all", async () => {
    const student = studentOf(0);
    const source = pictures(SOME);
    const expected = await Promise.all(
      (await collect(source.batches(0))).map((batch) => expectedLoss(student, batch, 0.1)),
    );
    const optimizer = tf.train.sgd(0);
    const steps: BatchLogs[] = [];
    await fit(taskOf(student), optimizer, source, {
      ...{ epochs: 1, microBatchSize: 3 },
      callbacks: { onBatchEnd: async (_, logs) => void steps.push(logs as BatchLogs) },
    });
    expected.forEach(({ loss, studentLoss, distilled }, i) => {
      expect(steps[i]!.loss).toBeCloseTo(loss, 5);
      expect(steps[i]!.student_loss).toBeCloseTo(studentLoss, 5);
      expect(steps[i]!.distillation_loss).toBeCloseTo(distilled, 5);
    });
  });

  test("their gradient of the labels' loss is 0: the labels' head learns from the others alone", async () => {
    const student = studentOf();
    const optimizer = tf.train.sgd(0.1);
    const head = student.getLayer(student.outputNames[0]!).trainableWeights[0]!;
    const before = (head.read().dataSync() as Float32Array).slice();
    await fit(taskOf(student), optimizer, pictures(SOME.map(() => -1)), { epochs: 1, microBatchSize: 3 });
    expect(head.read().dataSync()).toEqual(before);
  });

  test.each([1, 3])("micro-batches of %d rows give the step of the whole batch", async (microBatchSize) => {
    const [whole, cut] = [
      await train(taskOf(), pictures(SOME), { optimizer: tf.train.sgd(0.1) }),
      await train(taskOf(), pictures(SOME), { optimizer: tf.train.sgd(0.1), microBatchSize }),
    ];
    whole.steps.forEach((step, i) => {
      for (const [name, value] of Object.entries(step)) expect(cut.steps[i]![name]).toBeCloseTo(value, 5);
    });
    const errors = whole.values.map((values, i) => errorOverLargest(cut.values[i]!, values));
    expect(Math.max(...errors)).toBeLessThan(1e-5);
  });

  test("permuting hidden labels changes no bit of weights and logs", async () => {
    const hidden = [...SOME.keys()].filter((i) => SOME[i]! < 0);
    const truth = SOME.map((label, i) => (label < 0 ? (i * 7) % CLASSES : label));
    const permuted = truth.slice();
    hidden.forEach((i, place) => {
      permuted[i] = truth[hidden[(place + 5) % hidden.length]!]!;
    });
    expect(permuted).not.toEqual(truth);
    // The labels are still in the batch, as labels and as targets, behind weights of 0.
    const behind = (labels: readonly number[], mix: boolean) => {
      const weighed = changed(
        pictures(labels.map((label, i) => label + CLASSES * Number(hidden.includes(i)))),
        (batch) => ({
          ...batch,
          labels: batch.labels.map((label) => label % CLASSES),
          labelWeights: Float32Array.from(batch.labels, (label) => (label < CLASSES ? 1 : 0)),
          targets: Float32Array.from({ length: batch.labels.length * CLASSES }, (_, i) =>
            batch.labels[Math.floor(i / CLASSES)]! % CLASSES === i % CLASSES ? 1 : 0,
          ),
        }),
      );
      return mix ? mixedSource(weighed, { classes: CLASSES }) : weighed;
    };
    for (const mix of [false, true]) {
      const [before, after] = [
        await train(taskOf(), behind(truth, mix)),
        await train(taskOf(), behind(permuted, mix)),
      ];
      expect(after).toEqual(before);
      if (!mix) expect(await train(taskOf(), pictures(SOME))).toEqual(before);
    }
  });

  test("logs are of the labeled samples; a batch without any has no accuracy", async () => {
    const first = (await collect(pictures(SOME).batches(0)))[0]!;
    const none = changed(pictures(SOME), (batch) =>
      batch.sampleKeys[0] === first.sampleKeys[0] ? { ...batch, labels: batch.labels.map(() => -1) } : batch,
    );
    const { steps, history } = await train(taskOf(), none, { epochs: 1 });
    expect(Object.keys(steps[0]!)).toEqual([
      "batch",
      "size",
      "labeled",
      "loss",
      "distillation_loss",
      "gradientNorm",
      "learningRate",
    ]);
    expect(steps[0]!.loss).toBeCloseTo(0.4 * steps[0]!.distillation_loss!, 5);
    const counts = (await collect(none.batches(0))).map(
      ({ labels }) => labels.filter((one) => one >= 0).length,
    );
    const right = steps.map(({ accuracy = 0 }, i) => accuracy * counts[i]!);
    for (const number of right) expect(number).toBeCloseTo(Math.round(number), 5);
    const total = counts.reduce((sum, count) => sum + count, 0);
    expect(history.accuracy![0]).toBeCloseTo(right.reduce((sum, one) => sum + one, 0) / total, 5);
    expect(steps.map(({ labeled }) => labeled)).toEqual(counts);
    const ofLabels = steps.map(({ student_loss = 0 }, i) => (student_loss * counts[i]!) / total);
    expect(history.student_loss![0]).toBeCloseTo(
      ofLabels.reduce((sum, one) => sum + one, 0),
      6,
    );
    expect(history.loss![0]).toBeCloseTo(steps.reduce((sum, { loss }) => sum + loss!, 0) / 3, 5);
  });

  test("an epoch's labels' loss is the mean over its labeled rows; that of labeled data of batches, as the loss", async () => {
    const epoch = async (labels: readonly number[]) => {
      const student = studentOf(0);
      const batches = await collect(pictures(labels).batches(0));
      const expected = await Promise.all(batches.map((batch) => expectedLoss(student, batch, 0.1)));
      const { history, steps } = await train(taskOf(student), pictures(labels), {
        optimizer: tf.train.sgd(0),
        epochs: 1,
      });
      const counts = batches.map((batch) => batch.labels.filter((label) => label >= 0).length);
      const weighted = (weights: readonly number[]) =>
        expected.reduce((sum, { studentLoss }, i) => sum + weights[i]! * studentLoss, 0) /
        weights.reduce((sum, weight) => sum + weight, 0);
      return { found: history.student_loss![0] as number, counts, weighted, steps };
    };
    const some = await epoch(SOME.slice(0, 21));
    expect(some.counts).toHaveLength(3);
    expect(new Set(some.counts).size).toBeGreaterThan(1);
    expect(some.found).toBeCloseTo(some.weighted(some.counts), 5);
    expect(some.found).not.toBeCloseTo(some.weighted([1, 1, 1]), 3);
    const all = await epoch(SOME.slice(0, 21).map((label) => Math.max(label, 0)));
    expect(all.counts).toEqual([8, 8, 5]);
    expect(all.found).toBeCloseTo(all.weighted([1, 1, 1]), 5);
    expect(all.found).not.toBeCloseTo(all.weighted(all.counts), 3);
    expect(all.steps.map(({ labeled }) => labeled)).toEqual([undefined, undefined, undefined]);
  });

  test("a run that is resumed within an epoch has the same logs of labeled rows", async () => {
    const source = mixedSource(pictures(SOME), { classes: CLASSES, cutmixAlpha: 0, mode: "elem" });
    const whole = await train(taskOf(), source);
    const storage = folderStorage(await emptyFolder());
    const stop = new AbortController();
    const onBatchEnd = (batch: number) => {
      if (batch === 1) stop.abort(new Error("enough"));
    };
    const stopped = fit(taskOf(), adamW(), source, {
      ...{ epochs: 2, microBatchSize: 8, checkpoint: { storage }, signal: stop.signal },
      callbacks: { onBatchEnd: async (batch) => onBatchEnd(batch) },
    });
    await expect(stopped).rejects.toThrow("enough");
    const resumed = await train(taskOf(), source, { checkpoint: { storage, resume: true } });
    expect(resumed.steps).toEqual(whole.steps.slice(2));
    expect(resumed.history).toEqual(whole.history);
    const ofBatches = whole.steps.slice(0, 3).reduce((sum, step) => sum + step.student_loss! / 3, 0);
    expect(whole.history.student_loss![0]).not.toBeCloseTo(ofBatches, 5); // each batch counts by its share
  });

  test("a mix counts by its labeled share, on the classes of that share", async () => {
    const source = mixedSource(pictures(SOME), { classes: CLASSES, cutmixAlpha: 0, mode: "elem" });
    const plain = await collect(pictures(SOME).batches(0));
    for (const [i, { labels, targets, labelWeights }] of (await collect(source.batches(0))).entries()) {
      const known = plain[i]!.labels;
      labels.forEach((label, row) => {
        const pair = [known[row]!, known[known.length - 1 - row]!];
        const weight = labelWeights![row]!;
        const target = [...targets!.subarray(row * CLASSES, (row + 1) * CLASSES)];
        const sum = target.reduce((total, share) => total + share, 0);
        expect(pair).toContain(label);
        if (pair.every((one) => one < 0)) expect([weight, sum]).toEqual([0, 0]);
        else expect(sum).toBeCloseTo(1, 6);
        if (pair.every((one) => one >= 0)) expect(weight).toBeCloseTo(1, 6);
        else if (pair.some((one) => one >= 0)) {
          expect(target[Math.max(...pair)]).toBeCloseTo(1, 6);
          expect(weight).toBeCloseTo(
            label >= 0 ? Math.max(weight, 1 - weight) : Math.min(weight, 1 - weight),
            6,
          );
        }
      });
    }
    const [whole, cut] = [
      await train(taskOf(), source),
      await train(taskOf(), source, { microBatchSize: 3 }),
    ];
    expect(largestDifference(cut.history.loss as number[], whole.history.loss as number[])).toBeLessThan(
      1e-4,
    );
  });

  test("train with a student of one head, and with hints alone", async () => {
    const teacher = teacherOf();
    const of = async (task: Task) => {
      const { steps, history } = await train(task, pictures(SOME), { epochs: 1 });
      const cut = await train(task, pictures(SOME.map(() => -1)), { epochs: 1 });
      expect(cut.history.accuracy).toBeUndefined();
      return { last: steps.at(-1)!, loss: history.loss![0] as number };
    };
    const { last } = await of(logitDistillation({ student: oneHead(), teacher }));
    expect(last.loss).toBeCloseTo((last.student_loss! + last.distillation_loss!) / 2, 5);
    const student = oneHead();
    const hints = new FeatureHints({
      student,
      teacher: cnnTeacher(),
      pairs: [{ teacher: "map", student: "blocks.0" }],
    });
    expect((await of(classification({ model: student, hints }))).loss).toBeGreaterThan(0);
    hints.dispose();
  });

  test("stored logits give the same bits", async () => {
    const withKeys = changed(pictures(SOME), (batch) => ({
      ...batch,
      viewKeys: BigUint64Array.from(batch.images.subarray(0, batch.labels.length), (_, row) =>
        BigInt(Math.round(1e6 * batch.images[row * SIDE * SIDE * 3 + 7]!)),
      ),
    }));
    const rows = new Map<bigint, Float32Array>();
    const store = {
      classes: CLASSES,
      find: async (keys: BigUint64Array) => Array.from(keys, (key) => rows.get(key)),
      add: async (keys: BigUint64Array, logits: Float32Array) => {
        keys.forEach((key, i) => void rows.set(key, logits.slice(CLASSES * i, CLASSES * (i + 1))));
      },
    };
    const teacher = teacherOf();
    await storeTeacherLogits(teacher, withKeys, store, { epochs: 1 });
    expect(rows.size).toBe(SOME.length);
    const options = { distillation: { kind: "soft", temperature: 2 }, alpha: 0.4 } as const;
    const of = (from: typeof teacher | ReturnType<typeof storedTeacher>) =>
      train(tokenDistillation({ student: studentOf(), teacher: from, ...options }), withKeys);
    expect(await of(storedTeacher(teacher, store))).toEqual(await of(teacher));
  });

  const REFUSED = "labels must be integers in [0, 3), for 3 classes, got -1 at labels[";
  test("are refused where nothing teaches them", async () => {
    const [student, teacher] = [studentOf(), teacherOf()];
    const source = pictures(SOME);
    const alone = tokenDistillation({ student, teacher, alpha: 0 });
    await expect(train(alone, source)).rejects.toThrow(`fit: epoch 1, batch 1: ${REFUSED}`);
    await expect(train(classification({ model: oneHead() }), source)).rejects.toThrow(REFUSED);
    await expect(
      train(classification({ model: oneHead() }), mixedSource(source, { classes: CLASSES })),
    ).rejects.toThrow(REFUSED);
    const weighed = changed(pictures(SOME.map(() => 0)), (batch) => ({
      ...batch,
      labelWeights: new Float32Array(batch.labels.length).fill(0.5),
    }));
    await expect(train(alone, weighed)).rejects.toThrow("labelWeights must be 1 here, got 0.5 in row 0");
    await expect(evaluate(taskOf(student), source)).rejects.toThrow(`evaluate, batch 1: ${REFUSED}`);
    await expect(train(taskOf(student), source, { validationData: source })).rejects.toThrow(
      `fit: validationData, batch 1: ${REFUSED}`,
    );
    const features = await extractFeatures(oneHead(), source);
    await expect(trainHead(features, { classes: CLASSES })).rejects.toThrow(REFUSED);
    await expect(train(taskOf(student), pictures(SOME.map((label) => label + 2)))).rejects.toThrow(
      "labels must be integers",
    );
  });

  test("leak nothing", async () => {
    const task = taskOf();
    await train(task, pictures(SOME), { epochs: 1 });
    const before = tf.memory().numTensors;
    await train(task, pictures(SOME), { epochs: 1, microBatchSize: 3 });
    expect(tf.memory().numTensors).toBe(before);
  });
});
