// Trainings that capture their steps, against the same as they are, on WebGPU.
import * as tf from "@tensorflow/tfjs-core";
import { deit, vit } from "deit-model";
import { FeatureHints, layersTeacher, type Teacher, tokenDistillation } from "distill-trainer";
import { registerStepCapture, type StepCapture, stepCapture } from "kernel-contract";
import { startWebGpu } from "test-kit/backends";
import { AdamW, clipByGlobalNorm, Lion, ModelEma, warmup } from "tfjs-optim";
import { afterEach, describe, expect, test, vi } from "vitest";
import { bitsOf, memoryStorage, stripes } from "../../checkpoint/test-data.ts";
import { evaluate, type FitOptions, fit, type Task } from "../../index.ts";
import { wholeBatch } from "../../step/batch-part.ts";
import { localEngine } from "../local-engine.ts";

const missing = await startWebGpu();
const SIZE = { imageSize: 8, patchSize: 4, dim: 8, depth: 2, heads: 2, classes: 3, init: "timm" } as const;

interface Options {
  readonly optimizer?: () => tf.Optimizer;
  readonly change?: (task: Task) => Task;
  readonly changeTeacher?: (teacher: Teacher) => Teacher;
  readonly schedule?: "constant" | "cosine";
}

/** A student with drop path and dropout, its teacher, and all that belongs to a step. */
function training({ optimizer: make, change, changeTeacher, schedule }: Options = {}) {
  const student = deit({ ...SIZE, dropPathRate: 0.5, dropRate: 0.1, seed: 1 });
  const model = vit({ ...SIZE, seed: 2 });
  const layered = layersTeacher(model);
  const teacher = changeTeacher?.(layered) ?? layered;
  const pairs = [{ teacher: "blocks.0", student: "blocks.0", teacherGrid: [2, 2] }] as const;
  const hints =
    schedule && new FeatureHints({ student, teacher: layered, pairs, schedule, steps: 5, seed: 3 });
  const distillation = { kind: "soft", temperature: 2 } as const;
  const own = tokenDistillation({ student, teacher, distillation, ...(hints && { hints }) });
  const task = change?.(own) ?? own;
  const learningRate = warmup((step) => 1e-2 / (1 + step), { steps: 2 });
  const optimizer = make?.() ?? new AdamW({ learningRate });
  const ema = new ModelEma(student, { decay: 0.7 });
  const steps: object[] = [];
  const onBatchEnd = (_: number, logs: Record<string, number> = {}) => {
    const { computeSeconds: __, waitSeconds: ___, ...rest } = logs;
    steps.push(rest);
  };
  const run = (more: Partial<FitOptions> = {}) =>
    fit(task, optimizer, stripes(19, 5, 3), {
      ...{ epochs: 2, microBatchSize: 2, validationData: stripes(6, 3, 4) }, // of 2 + 2 + 1 rows, the last of 2 + 2
      ...{ gradientTransform: clipByGlobalNorm(0.5), ema, callbacks: { onBatchEnd } },
      ...more,
    });
  const dispose = () => {
    hints?.dispose();
    ema.dispose();
    optimizer.dispose();
    student.dispose();
    model.dispose();
  };
  return { student, task, ema, optimizer, run, steps, dispose };
}

type Training = ReturnType<typeof training>;

async function bitsOfAll({ student, ema }: Training): Promise<string> {
  const tensors = [...student.weights.map((weight) => weight.read()), ...ema.weights];
  for (const tensor of tensors) await tensor.data(); // WebGPU reads in no other way
  return bitsOf(student, ema);
}

/** All that came of a training, which is disposed then. */
async function resultOf(one: Training, more?: Partial<FitOptions>) {
  const { history } = await one.run(more);
  const saved = await one.optimizer.getWeights();
  const moments = await Promise.all(saved.map(async ({ tensor }) => [...(await tensor.data())]));
  saved[0]!.tensor.dispose();
  const result = { history, steps: one.steps, bits: await bitsOfAll(one), moments, updates: one.ema.updates };
  one.dispose();
  return result;
}

/** Puts another capture over that of the backend while `run` runs. */
async function capturing<T>(wrap: (own: StepCapture) => StepCapture, run: () => Promise<T>): Promise<T> {
  const own = stepCapture()!;
  registerStepCapture("webgpu", wrap(own));
  try {
    return await run();
  } finally {
    registerStepCapture("webgpu", own);
  }
}

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

  test.each([
    [
      "an optimizer that cannot be recorded",
      { optimizer: () => tf.train.adam(1e-3) },
      "the steps of Adam cannot be recorded",
    ],
    [
      "a task that may depend on the step",
      { change: ({ dependsOnStep: _, ...task }: Task) => task },
      "the task may depend on the step",
    ],
    ["weights of hints that fall with the step", { schedule: "cosine" }, "the task may depend on the step"],
    ["not Lion", { optimizer: () => new Lion({ learningRate: 1e-3 }) }, undefined],
    ["not hints whose weights stay until they end", { schedule: "constant" }, undefined],
  ] as const)(
    "runs as it is, to the same bits, what cannot be captured, and says so once: %s",
    async (_, options, reason) => {
      const actual = await resultOf(training(options));
      const lines = told();
      expect(lines.length).toBe(reason === undefined ? 0 : 1);
      if (reason !== undefined) expect(lines[0]).toMatch(/^fit: not all of a step is captured: /);
      if (reason !== undefined) expect(lines[0]).toContain(reason);
      expect(actual).toEqual(await resultOf(training(options), { capture: false }));
      expect(told()).toEqual(lines);
    },
    240_000,
  );

  test("runs as it is what the device has no memory for, whenever that is", async () => {
    const plain = await resultOf(training(), { capture: false });
    for (const most of [0, 3]) {
      warn.mockClear();
      let captured = 0;
      const failing =
        (own: StepCapture): StepCapture =>
        async (...given) => {
          if (captured === most)
            throw new Error("captureStep: the step needs 1 bytes, and the device refused them");
          captured += 1;
          return own(...given);
        };
      expect(await capturing(failing, () => resultOf(training()))).toEqual(plain);
      expect(told()).toEqual([
        "fit: not all of a step is captured: captureStep: the step needs 1 bytes, and the device refused them",
      ]);
    }
  }, 240_000);

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

  test("takes no step with a number that is not finite, and says where, as it does without", async () => {
    const messages: string[] = [];
    const weights: string[] = [];
    for (const capture of [true, false]) {
      for (const what of ["teacher", "image"]) {
        let calls = 0;
        const broken = training({
          changeTeacher: (teacher) => ({
            classes: 3,
            logits: async (images, views) => {
              const logits = await teacher.logits(images, views);
              if (what !== "teacher" || ++calls !== 11) return logits; // the second micro-batch of the fourth batch
              return tf.tidy(() => {
                const nan = tf.mul(logits, tf.tensor2d([[1], [Number.NaN]]));
                logits.dispose();
                return nan as tf.Tensor2D;
              });
            },
          }),
          change: (task) => ({
            ...task,
            prepare: async (batch, isTraining, step) => {
              const prepared = await task.prepare(batch, isTraining, step);
              if (what === "teacher" || step !== 2) return prepared;
              const inputs = tf.mul(prepared.inputs, Number.NaN);
              prepared.inputs.dispose();
              return { ...prepared, inputs };
            },
          }),
        });
        const error = await broken.run({ capture, validationData: stripes(3, 3, 1) }).catch((e: Error) => e);
        messages.push((error as Error).message.replace(/_\d+'/, "'")); // tfjs numbers variables
        weights.push(await bitsOfAll(broken));
        broken.dispose();
      }
    }
    expect(messages[0]).toContain(
      "the teacher's logits must be finite, got NaN or an infinity in row 3 of the batch",
    );
    expect(messages[1]).toContain("fit: the loss must be finite, got NaN");
    expect(messages.slice(2)).toEqual(messages.slice(0, 2));
    expect(weights.slice(2)).toEqual(weights.slice(0, 2));
  }, 240_000);

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
