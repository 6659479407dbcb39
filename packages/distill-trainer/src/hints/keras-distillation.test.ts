// Twenty steps of keras.distillation's Distiller on a student with one head, against this package.
import * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { errorOverLargest, fixturesOf, floats, largestDifference, type Packed, parity } from "test-kit";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import { type BatchLogs, fit } from "train-loop";
import { beforeAll, describe, expect, test } from "vitest";
import { packedSource, type TrainingData } from "../../test/recorded-runs.ts";
import { FeatureHints, type FeatureLoss, layersTeacher, logitDistillation } from "../index.ts";

interface Run {
  readonly studentLossWeight: number;
  readonly temperature: number;
  readonly feature?: "mse" | "huber" | "cosine_similarity";
  readonly weight?: number;
  readonly steps: readonly BatchLogs[];
  readonly end: Readonly<Record<string, Packed>>;
}

interface Fixture {
  readonly versions: { readonly keras: string };
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly student: Readonly<Record<string, Packed>>;
  readonly teacher: Readonly<Record<string, Packed>>;
  readonly runs: Readonly<Record<string, Run>>;
}

const { json } = fixturesOf(import.meta.url);
const fixture: Fixture = json("keras-distillation.json");
const data: TrainingData = json("keras-training.json");
const LOSSES: Readonly<Record<NonNullable<Run["feature"]>, FeatureLoss>> = {
  mse: "mse",
  huber: "smooth-l1",
  cosine_similarity: "cosine",
};

/** The network of keras_distillation.py, with its weights. */
function network(
  filters: number,
  kernelSize: number,
  weights: Readonly<Record<string, Packed>>,
): tfl.LayersModel {
  const [, ...inputShape] = data.train.images.shape;
  const conv = { padding: "same", activation: "relu" } as const;
  const model = tfl.sequential({
    layers: [
      tfl.layers.conv2d({ ...conv, filters, kernelSize, inputShape, name: "stem" }),
      tfl.layers.conv2d({ ...conv, filters: 8, kernelSize: 3, strides: 2, name: "map" }),
      tfl.layers.globalAveragePooling2d({}),
      tfl.layers.dense({ units: data.config.classes, name: "head" }),
    ],
  });
  for (const weight of model.weights) {
    const packed = weights[keyOf(weight)]!;
    weight.write(tf.tensor(floats(packed), packed.shape));
  }
  return model;
}

const keyOf = ({ originalName }: tfl.LayerVariable): string => originalName.replace(/_\d+$/, "");

/** Trains as a recorded run did: Keras' student_loss_weight is `1 − alpha`, and multiplies the features' weight too. */
async function train({ studentLossWeight, temperature, feature, weight }: Run) {
  const student = network(6, 3, fixture.student);
  const teacher = layersTeacher(network(4, 5, fixture.teacher));
  const alpha = 1 - studentLossWeight;
  const hints =
    feature &&
    new FeatureHints({
      student,
      teacher,
      pairs: [
        {
          ...{ teacher: "map", student: "map", weight: alpha * weight!, loss: LOSSES[feature] },
          ...{ whitening: "none", projects: false },
        },
      ],
    });
  const distillation = { kind: "soft", temperature } as const;
  const task = logitDistillation({ student, teacher, alpha, distillation, ...(hints && { hints }) });
  const { learningRate, weightDecay } = fixture;
  const optimizer = new AdamW({ ...ADAMW_SEMANTICS.keras, learningRate, weightDecay });
  const steps: BatchLogs[] = [];
  await fit(task, optimizer, packedSource(data.train, data.batchSize), {
    epochs: data.epochs,
    microBatchSize: 5,
    callbacks: { onBatchEnd: async (_, logs) => void steps.push({ ...(logs as BatchLogs) }) },
  });
  optimizer.dispose();
  return { steps, student };
}

/** tfjs' own WASM backend has no gradient of a convolution. */
const TRAINING = PARITY_BACKENDS.filter((backend) => backend !== "wasm");

describe.each(TRAINING)("on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.each(Object.keys(fixture.runs))("20 steps of keras.distillation, %s", async (name) => {
    const recorded = fixture.runs[name]!;
    const { steps, student } = await train(recorded);
    expect(steps.length).toBe(20);
    // Keras' cosine_similarity is smaller by 1 than one minus the cosine.
    const { studentLossWeight, feature, weight = 0 } = recorded;
    const below = feature === "cosine_similarity" ? (1 - studentLossWeight) * weight : 0;
    const losses = largestDifference(
      steps.map(({ loss }) => loss! - below),
      recorded.steps.map(({ loss }) => loss!),
    );
    const row = { reference: "Keras", version: fixture.versions.keras, backend };
    const item = `20 steps of keras.distillation, ${name}, AdamW of Keras`;
    parity({ ...row, item: `${item}: the loss of each step (absolute)`, tolerance: 1e-5, measured: losses });
    const errors = student.weights.map((variable) =>
      errorOverLargest(variable.read().dataSync() as Float32Array, floats(recorded.end[keyOf(variable)]!)),
    );
    const measured = Math.max(...errors);
    parity({
      ...row,
      item: `${item}: variables at the end (relative to the largest)`,
      tolerance: 1e-5,
      measured,
    });
  });
});
