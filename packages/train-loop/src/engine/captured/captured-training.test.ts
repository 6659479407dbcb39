// Trainings that capture their steps, against the same as they are, on WebGPU.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { vit } from "deit-model";
import { type ClassificationOptions, classification, type Teacher } from "distill-trainer";
import type { StepCapture } from "kernel-contract";
import { type Batch, MULTI_LABEL } from "sample-keys";
import { startWebGpu } from "test-kit/backends";
import { AdamW, Lion } from "tfjs-optim";
import { afterEach, describe, expect, test, vi } from "vitest";
import { memoryStorage, stripes } from "../../checkpoint/test-data.ts";
import { type DataSource, evaluate, fit } from "../../index.ts";
import { wholeBatch } from "../../step/batch-part.ts";
import { localEngine } from "../local-engine.ts";
import { capturing, type Options, resultOf, training } from "./test-data.ts";

const missing = await startWebGpu();

describe.skipIf(missing)(`fit${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  afterEach(() => warn.mockClear());
  const told = () => warn.mock.calls.map(([message]) => String(message));

  test("captures its steps to the bits that they have without: logs, norms, weights, moments, averages", async () => {
    const before = tf.memory().numTensors;
    const runs = { captures: 0, disposals: 0, updates: 0, passes: 0, teacher: 0 };
    const counted =
      (own: StepCapture): StepCapture =>
      async (...given) => {
        const program = await own(...given);
        runs.captures += 1;
        const inputs = Object.keys(given[1].inputs);
        return {
          run: (values) => {
            runs[inputs.length > 0 ? "passes" : "updates"] += 1;
            return program.run(values);
          },
          runToTensors: (values) => {
            runs.teacher += 1;
            return program.runToTensors(values);
          },
          dispose: () => {
            runs.disposals += 1;
            program.dispose();
          },
        };
      };
    const actual = await capturing(counted, () => resultOf(training()));
    expect(tf.memory().numTensors).toBe(before);
    expect(actual).toEqual(await resultOf(training(), { capture: false }));
    expect(tf.memory().numTensors).toBe(before);
    expect(actual.steps.length).toBe(8);
    expect(told()).toEqual([]);
    // First, later and last micro-batches; the teacher's of 2 and 1 rows; the update; validation's of 2 and 1 rows.
    expect(runs).toMatchObject({ captures: 8, disposals: 8, updates: 7 });
    expect(runs.teacher).toBe(22 - 2);
    expect(runs.passes).toBe(22 - 3 + 2 * 2 * 2 * 2 - 2);
  }, 240_000);

  test.each<[string, Options]>([
    ["Lion", { optimizer: () => new Lion({ learningRate: 1e-3 }) }],
    ["hints whose weights stay until they end", { schedule: "constant" }],
    ["hints whose weights fall with the step", { schedule: "cosine" }],
    ["a teacher on another backend", { changeTeacher: onCpu }],
    ["hints by the angle between features", { schedule: "cosine", hintLoss: "cosine" }],
  ])(
    "captures to the same bits, too: %s",
    async (_, options) => {
      expect(await resultOf(training(options))).toEqual(
        await resultOf(training(options), { capture: false }),
      );
      expect(told()).toEqual([]);
    },
    240_000,
  );

  test("resumes a captured run from a checkpoint to the same bits, captured or not", async () => {
    const whole = await resultOf(training());
    for (const capture of [true, false]) {
      const storage = memoryStorage();
      const cut = training();
      const stop = new AbortController();
      const callbacks = { onBatchEnd: () => cut.optimizer.iterations === 5 && stop.abort(new Error("cut")) };
      const options = { checkpoint: { storage }, signal: stop.signal, callbacks: callbacks as never };
      await expect(cut.run(options)).rejects.toThrow("cut");
      cut.dispose();
      const resumed = await resultOf(training(), { capture, checkpoint: { storage, resume: true } });
      expect({ ...resumed, steps: whole.steps.slice(5) }).toEqual({ ...whole, steps: resumed.steps });
    }
  }, 240_000);

  test("moves the averages of batch normalization, and reads weights that a callback has set", async () => {
    const results: unknown[] = [];
    for (const capture of [true, false]) {
      const init = { kernelInitializer: tfl.initializers.glorotUniform({ seed: 3 }) };
      const model = tfl.sequential();
      model.add(tfl.layers.flatten({ inputShape: [8, 8, 3] }));
      model.add(tfl.layers.dense({ units: 6, ...init }));
      model.add(tfl.layers.batchNormalization({ momentum: 0.5 }));
      model.add(tfl.layers.dense({ units: 3, ...init }));
      const optimizer = new AdamW({ learningRate: 1e-2 });
      const onBatchEnd = (batch: number) => {
        if (batch !== 2) return;
        const kernel = model.layers[1]!.trainableWeights[0]!.read() as tf.Variable;
        tf.tidy(() => kernel.assign(tf.mul(kernel, 0.5)));
      };
      const options = { epochs: 2, microBatchSize: 2, capture, callbacks: { onBatchEnd } };
      const { history } = await fit(classification({ model }), optimizer, stripes(19, 5, 3), options);
      results.push([
        history,
        await Promise.all(model.weights.map(async (w) => [...(await w.read().data())])),
      ]);
      optimizer.dispose();
      model.dispose();
    }
    expect(results[0]).toEqual(results[1]);
    expect(told()).toEqual([]);
  }, 240_000);

  test.each<[string, Partial<ClassificationOptions>]>([
    ["bce", { loss: { kind: "bce", posWeight: [0.5, 1, 4] }, classWeights: [1, 2, 3] }],
    ["focal", { loss: { kind: "focal", alpha: 0.25 }, classWeights: [1, 2, 3] }],
  ])(
    "captures losses of several labels with numbers by class: %s",
    async (_, options) => {
      const results: unknown[] = [];
      for (const capture of [true, false]) {
        const model = vit({
          ...{ imageSize: 8, patchSize: 4, dim: 8, depth: 1, heads: 2, classes: 3, seed: 1 },
        });
        const task = classification({ model, multiLabel: true, ...options });
        const optimizer = new AdamW({ learningRate: 1e-2 });
        const validationData = severalLabels(stripes(6, 3, 4));
        const { history } = await fit(task, optimizer, severalLabels(stripes(19, 5, 3)), {
          ...{ epochs: 2, microBatchSize: 2, capture, validationData },
        });
        const weights = model.weights.map(async (weight) => [...(await weight.read().data())]);
        results.push([history, await Promise.all(weights)]);
        optimizer.dispose();
        model.dispose();
      }
      expect(results[0]).toEqual(results[1]);
      expect(told()).toEqual([]);
    },
    240_000,
  );

  test("evaluates captured to the same numbers, and frees what it made", async () => {
    const { task, dispose } = training();
    const before = tf.memory().numTensors;
    const source = stripes(9, 4, 1);
    const logs = await evaluate(task, source, { microBatchSize: 1 });
    expect(tf.memory().numTensors).toBe(before);
    expect(told()).toEqual([]);
    const engine = localEngine(task);
    const losses: number[] = [];
    for await (const batch of source.batches(0))
      losses.push((await engine.evaluate(wholeBatch(batch), 1)).loss!);
    expect(logs.loss).toBe(losses.reduce((sum, loss) => sum + loss, 0) / losses.length);
    dispose();
  }, 240_000);
});

/** A teacher whose answers are another backend's. */
function onCpu(teacher: Teacher): Teacher {
  return {
    classes: teacher.classes,
    logits: async (images, views) => {
      const own = await teacher.logits(images, views);
      const numbers = (await own.data()) as Float32Array;
      own.dispose();
      await tf.setBackend("cpu");
      const answers = tf.tidy(() => tf.mul(tf.tensor2d(numbers, own.shape), 1) as tf.Tensor2D);
      await tf.setBackend("webgpu");
      return answers;
    },
  };
}

/** The same pictures with the class that they had and the one before it. */
function severalLabels(source: DataSource): DataSource {
  const withTargets = (batch: Batch): Batch => ({
    ...batch,
    labels: batch.labels.map(() => MULTI_LABEL),
    targets: Float32Array.from({ length: 3 * batch.labels.length }, (_, i) =>
      Number([0, 1].includes((batch.labels[Math.floor(i / 3)]! - (i % 3) + 3) % 3)),
    ),
  });
  return {
    size: source.size,
    batchSize: source.batchSize,
    async *batches(epoch) {
      for await (const batch of source.batches(epoch)) yield withTargets(batch);
    },
  };
}
