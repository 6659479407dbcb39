// Twenty steps of timm's FeatureDistillationTask and LogitDistillationTask on a ViT with one head, against this package.
import * as tf from "@tensorflow/tfjs-core";
import { errorOverLargest, fixturesOf, floats, largestDifference, type Packed, parity } from "test-kit";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import { type BatchLogs, fit, type Task } from "train-loop";
import { beforeAll, describe, expect, test } from "vitest";
import { packedSource, type TrainingData } from "../../test/recorded-runs.ts";
import { timmVit, variableError } from "../../test/timm-vit.ts";
import { classification, FeatureHints, layersTeacher, logitDistillation } from "../index.ts";

interface Run {
  readonly steps: readonly BatchLogs[];
  readonly end: Readonly<Record<string, Packed>>;
}

interface Projection {
  readonly weight: Packed;
  readonly bias: Packed;
}

interface Fixture {
  readonly versions: { readonly torch: string; readonly timm: string };
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly student: Readonly<Record<string, Packed>>;
  readonly teacher: Readonly<Record<string, Packed>>;
  readonly features: Run & {
    readonly weight: number;
    readonly projection: Projection;
    readonly projectionEnd: Projection;
  };
  readonly logits: Run & { readonly taskWeight: number; readonly temperature: number };
}

const { json } = fixturesOf(import.meta.url);
const fixture: Fixture = json("torch-distillation.json");
const data: TrainingData = json("keras-training.json");
const { headDim: _, ...config } = data.config;

const studentOf = () => timmVit(config, fixture.student);
const teacherOf = () => layersTeacher(timmVit({ ...config, dim: 8, depth: 1, heads: 2 }, fixture.teacher));

async function train(task: Task) {
  const { learningRate, weightDecay } = fixture;
  const optimizer = new AdamW({ ...ADAMW_SEMANTICS.torch, learningRate, weightDecay });
  const steps: BatchLogs[] = [];
  await fit(task, optimizer, packedSource(data.train, data.batchSize), {
    epochs: data.epochs,
    microBatchSize: 5,
    callbacks: { onBatchEnd: async (_, logs) => void steps.push({ ...(logs as BatchLogs) }) },
  });
  optimizer.dispose();
  return steps;
}

describe.each(PARITY_BACKENDS)("on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));
  const row = { reference: "PyTorch", version: fixture.versions.torch, backend, tolerance: 1e-5 };
  const lossesApart = (steps: readonly BatchLogs[], run: Run): number => {
    expect(steps.length).toBe(20);
    return largestDifference(
      steps.map(({ loss }) => loss!),
      run.steps.map(({ loss }) => loss!),
    );
  };

  test("20 steps of timm's FeatureDistillationTask: vectors before the heads, projected", async () => {
    const { features } = fixture;
    const student = studentOf();
    const token = "classification_head.token";
    const pair = { teacher: token, student: token, weight: features.weight, whitening: "none" } as const;
    const hints = new FeatureHints({ student, teacher: teacherOf(), pairs: [pair] });
    const packed = [features.projection.weight, features.projection.bias];
    hints.variables.forEach((variable, i) => {
      variable.assign(tf.tensor(floats(packed[i]!), packed[i]!.shape));
    });
    const steps = await train(classification({ model: student, labelSmoothing: 0.1, hints }));
    const item = "20 steps of timm's FeatureDistillationTask, AdamW of PyTorch";
    parity({
      ...row,
      item: `${item}: the loss of each step (absolute)`,
      measured: lossesApart(steps, features),
    });
    const ends = [features.projectionEnd.weight, features.projectionEnd.bias];
    const apart = hints.variables.map((variable, i) =>
      errorOverLargest(variable.dataSync() as Float32Array, floats(ends[i]!)),
    );
    parity({
      ...row,
      item: `${item}: variables and projection at the end (relative to the largest)`,
      measured: Math.max(variableError(student, features.end), ...apart),
    });
  });

  test("20 steps of timm's LogitDistillationTask", async () => {
    const { logits } = fixture;
    const { taskWeight, temperature } = logits;
    const student = studentOf();
    const distillation = { kind: "soft", temperature } as const;
    const task = logitDistillation({ student, teacher: teacherOf(), alpha: 1 - taskWeight, distillation });
    const steps = await train(task);
    const item = "20 steps of timm's LogitDistillationTask, AdamW of PyTorch";
    parity({
      ...row,
      item: `${item}: the loss of each step (absolute)`,
      measured: lossesApart(steps, logits),
    });
    parity({
      ...row,
      item: `${item}: variables at the end (relative to the largest)`,
      measured: variableError(student, logits.end),
    });
  });
});
