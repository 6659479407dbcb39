import * as tf from "@tensorflow/tfjs-core";
import { largestDifference } from "test-kit";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import type { MicroBatch } from "train-loop";
import { mixBatch } from "vision-augment";
import { beforeAll, describe, expect, test } from "vitest";
import golden from "../../fixtures/label-losses.json" with { type: "json" };
import { binaryCrossEntropy, focalLoss } from "../index.ts";
import { type LabelLoss, labelLearning } from "./label-loss.ts";

const { classes, labels } = golden;
const rows = labels.length;
const logits = () => tf.tensor2d(golden.logits, [rows, classes]);

interface Case {
  readonly name: string;
  readonly on: string;
  readonly loss?: LabelLoss;
  readonly labelSmoothing?: number;
  readonly classWeights?: number[];
  readonly value: number;
  readonly gradient: number[];
}
const cases = golden.cases as Case[];

/** The rows with their labels, with several, or mixed by MixUp; weights are those of the rows. */
function batchOf(on: string, weights?: number[]): MicroBatch {
  const host = {
    images: new Float32Array(rows),
    shape: [rows, 1],
    labels: Int32Array.from(labels),
    sampleKeys: new Uint32Array(rows),
  };
  const mixed = mixBatch(host, { kind: "mixup", lambda: golden.lambda }, classes).targets;
  const targets = on === "mixed" ? mixed : Float32Array.from(golden.multiHot);
  return {
    images: tf.zeros([rows, 1]),
    teacherImages: tf.zeros([rows, 1]),
    labels: tf.tensor1d(on === "several" ? labels.map(() => -2) : labels, "int32"),
    ...(on !== "labels" && { targets: tf.tensor2d(targets, [rows, classes]) }),
    ...(weights && { labelWeights: tf.tensor1d(weights) }),
    sampleKeys: host.sampleKeys,
  };
}

function learningOf({ on, labelSmoothing = 0, loss, classWeights }: Case) {
  const options = { labelSmoothing, multiLabel: on === "several", ...(loss && { loss }) };
  return labelLearning("test", { ...options, ...(classWeights && { classWeights }) }, classes);
}

describe.each(BACKENDS)("losses of labels on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  test.each(cases)("$name: value and gradient of the original", (one) => {
    const { targetsOf, lossOf } = learningOf(one);
    const prepared = targetsOf(batchOf(one.on));
    expect(Math.abs(lossOf(prepared, logits()).dataSync()[0]! - one.value)).toBeLessThan(
      2e-6 * Math.max(1, one.value),
    );
    const gradient = tf.grad((x: tf.Tensor) => lossOf(prepared, x as tf.Tensor2D))(logits());
    // float32 of numbers up to 1; 1 − p of a p near 1 keeps fewer digits in the focal losses.
    expect(largestDifference(gradient.dataSync(), one.gradient)).toBeLessThan(2e-6);
  });

  test.each(cases)("$name: rows' weights multiply the rows' losses; an unlabeled row has none", (one) => {
    const weights = [2, 0, 0.5, 1, 0, 2.5];
    const { targetsOf, lossOf } = learningOf(one);
    const prepared = targetsOf(batchOf(one.on, weights));
    const gradient = tf
      .grad((x: tf.Tensor) => lossOf(prepared, x as tf.Tensor2D))(logits())
      .dataSync();
    const expected = one.gradient.map((slope, i) => slope * weights[Math.floor(i / classes)]!);
    expect(largestDifference(gradient, expected)).toBeLessThan(4e-6);
    expect([...gradient.subarray(classes, 2 * classes)].every((slope) => slope === 0)).toBe(true);
  });

  test("a row without a label and with the weight 0 has a finite loss of 0", () => {
    const loss = { kind: "bce" } as const;
    const { targetsOf, lossOf } = labelLearning("test", { labelSmoothing: 0.1, loss }, 3);
    const batch = {
      ...batchOf("labels"),
      labels: tf.tensor1d([-1], "int32"),
      labelWeights: tf.tensor1d([0]),
    };
    expect(lossOf(targetsOf(batch), tf.tensor2d([[1, 2, 3]])).dataSync()[0]).toBe(0);
  });

  test("extreme logits have finite losses and gradients", () => {
    const extreme = tf.tensor2d([[1e4, -1e4, 0, 100]]);
    const targets = tf.tensor2d([[0, 1, 1, 1]]);
    for (const lossOf of [
      (x: tf.Tensor) => binaryCrossEntropy(targets, x as tf.Tensor2D),
      (x: tf.Tensor) => focalLoss(targets, x as tf.Tensor2D, { gamma: 0.5, multiLabel: true }),
      (x: tf.Tensor) => focalLoss(tf.tensor2d([[1, 0, 0, 0]]), x as tf.Tensor2D, { gamma: 0.5 }),
    ]) {
      expect([...lossOf(extreme).dataSync()].every(Number.isFinite)).toBe(true);
      expect([...tf.grad(lossOf)(extreme).dataSync()].every(Number.isFinite)).toBe(true);
    }
    expect(binaryCrossEntropy(targets, extreme, { sumClasses: true }).dataSync()[0]).toBeCloseTo(
      20000.693,
      2,
    );
  });

  test("frees all except what it returns", () => {
    for (const one of cases) {
      const batch = batchOf(one.on, [1, 1, 1, 1, 1, 1]);
      const x = logits();
      const { targetsOf, lossOf } = learningOf(one);
      const before = tf.memory().numTensors;
      const prepared = targetsOf(batch);
      const loss = lossOf(prepared, x);
      tf.dispose([...Object.values(prepared), loss]);
      expect(tf.memory().numTensors, one.name).toBe(before);
    }
  });
});

test("what does not fit is refused by name", () => {
  const refuse = (options: object) => () => labelLearning("task", { labelSmoothing: 0, ...options }, 3);
  expect(refuse({ multiLabel: true, loss: { kind: "cross-entropy" } })).toThrow(
    'task: loss: several labels (multiLabel) need "bce" or "focal"',
  );
  expect(refuse({ loss: { kind: "focal", alpha: 0.25 } })).toThrow(
    "task: loss: alpha is for several labels (multiLabel); classWeights stand for it otherwise, got 0.25",
  );
  expect(refuse({ classWeights: [1, 2] })).toThrow(
    "task: classWeights must be one number for each of 3 classes, got 2",
  );
  expect(refuse({ loss: { kind: "bce", posWeight: [1] } })).toThrow(
    "task: loss: posWeight must be one number for each of 3 classes, got 1",
  );
  expect(refuse({ loss: { kind: "bce", gamma: 2 } })).toThrow("task: loss: unknown option 'gamma'");
  expect(() => binaryCrossEntropy(tf.zeros([1, 2]), tf.zeros([2, 2]))).toThrow(
    "binaryCrossEntropy: targets and logits must have one shape [batch, classes], got [1,2] and [2,2]",
  );
  expect(() => focalLoss(tf.zeros([1, 2]), tf.zeros([1, 2]), { alpha: 0.25 })).toThrow(
    "focalLoss: alpha is for several labels (multiLabel: true); weigh the targets' classes instead, got 0.25",
  );
});
