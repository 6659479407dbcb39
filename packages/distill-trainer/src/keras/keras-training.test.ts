// Twenty steps of the Keras example's own train_step, and Keras' losses, against this package.
import * as tf from "@tensorflow/tfjs-core";
import { errorOverLargest, fixturesOf, floats, largestDifference, type Packed, parity } from "test-kit";
import { PARITY_BACKENDS, startParityBackend } from "test-kit/backends";
import { ADAMW_SEMANTICS, AdamW } from "tfjs-optim";
import { beforeAll, describe, expect, test } from "vitest";
import {
  expectToFollow,
  type RecordedRun,
  type TrainingData,
  train,
  variableErrors,
} from "../../test/recorded-runs.ts";
import { smoothedOneHot, softmaxCrossEntropy } from "../index.ts";

interface Run extends RecordedRun {
  readonly learningRate: number;
  readonly weightDecay: number;
  /** Keras' aggregates, by epoch. */
  readonly history: Readonly<Record<string, readonly number[]>>;
}

interface Fixture extends TrainingData {
  readonly versions: Readonly<Record<string, string>>;
  readonly start: Readonly<Record<string, Packed>>;
  readonly runs: Readonly<Record<"keras" | "tfa", Run>>;
  readonly losses: {
    readonly logits: Packed;
    readonly labels: number[];
    readonly cases: readonly {
      readonly loss: string;
      /** `null` for the loss that takes class numbers. */
      readonly smoothing: number | null;
      readonly value: number;
      readonly gradient: Packed;
    }[];
  };
}

const fixture: Fixture = fixturesOf(import.meta.url).json("keras-training.json");
const { versions, losses } = fixture;
const runs = [
  { library: "tfa", reference: "TensorFlow Addons", version: versions["tensorflow-addons"]! },
  { library: "keras", reference: "Keras", version: versions.keras! },
] as const;

function trainWith(semantics: keyof typeof ADAMW_SEMANTICS, { learningRate, weightDecay }: Run) {
  return train(fixture, {
    start: fixture.start,
    nameOf: (name) => name,
    optimizer: () => new AdamW({ ...ADAMW_SEMANTICS[semantics], learningRate, weightDecay }),
    distillation: { kind: "hard" },
  });
}

describe.each(PARITY_BACKENDS)("on %s", (backend) => {
  beforeAll(() => startParityBackend(backend));

  test.each(runs)("20 steps of the Keras example with the AdamW of $reference", async (tested) => {
    const { library, reference, version } = tested;
    const recorded = fixture.runs[library];
    const run = await trainWith(library, recorded);
    const item = `20 steps of the Keras example's train_step, AdamW of ${reference}`;
    const row = { reference, version, backend };
    expectToFollow(item, run, recorded, row, recorded.learningRate / 10); // epsilon 1e-7 outweighs the rounding
    // Unweighted means of batch losses, accuracy over samples; the last batch of an epoch is smaller.
    const names = ["student_loss", "distillation_loss", "accuracy", "val_student_loss", "val_accuracy"];
    const apart = names.map((name) => largestDifference(run.history[name]!, recorded.history[name]!));
    parity({
      item: `${item}: Keras' aggregates of each epoch, validation too (absolute)`,
      ...row,
      tolerance: 1e-5,
      measured: Math.max(...apart),
    });
  });

  test.each([
    ["CategoricalCrossentropy, label smoothing 0, 0.1 and 0.3", "CategoricalCrossentropy"],
    ["SparseCategoricalCrossentropy", "SparseCategoricalCrossentropy"],
  ])("%s: values and gradients", (name, loss) => {
    const labels = tf.tensor1d(losses.labels, "int32");
    const logits = tf.tensor(floats(losses.logits), losses.logits.shape);
    const cases = losses.cases.filter((recorded) => recorded.loss === loss);
    const errors = cases.flatMap(({ smoothing, value, gradient }) => {
      const targets = smoothedOneHot(labels, losses.logits.shape[1]!, smoothing ?? 0);
      const f = (x: tf.Tensor) => tf.mean(softmaxCrossEntropy(targets, x as tf.Tensor2D));
      return [
        errorOverLargest(f(logits).dataSync(), [value]),
        errorOverLargest(tf.grad(f)(logits).dataSync(), floats(gradient)),
      ];
    });
    parity({
      item: `${name}: values and gradients (relative)`,
      reference: "Keras",
      version: versions.keras!,
      backend,
      tolerance: 1e-5, // float32 exponentials and logarithms
      measured: Math.max(...errors),
    });
  });
});

test("another library's AdamW would not have followed", async () => {
  await startParityBackend("cpu");
  for (const [library, other] of [
    ["tfa", "keras"],
    ["keras", "torch"],
  ] as const) {
    const recorded = fixture.runs[library];
    const { rest } = variableErrors(await trainWith(other, recorded), recorded);
    expect(rest, `${other} for ${library}`).toBeGreaterThan(1e-4);
  }
});
