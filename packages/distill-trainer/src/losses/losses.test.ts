import * as tf from "@tensorflow/tfjs-core";
import { BACKENDS } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { beforeAll, describe, expect, test } from "vitest";
import { distillationLoss, smoothedOneHot, softmaxCrossEntropy } from "../index.ts";

const TARGETS = [
  [0, 1, 0],
  [0.2, 0.3, 0.5],
];
const LOGITS = [
  [1, 2, -1],
  [0.5, -0.5, 3],
];

/** The definition in float64: −Σ t · log softmax(x). */
function plain(targets: number[], logits: number[]): number {
  const sum = logits.reduce((total, x) => total + Math.exp(x), 0);
  return -targets.reduce((total, t, c) => total + t * Math.log(Math.exp(logits[c]!) / sum), 0);
}

function softmax(logits: number[]): number[] {
  const sum = logits.reduce((total, x) => total + Math.exp(x), 0);
  return logits.map((x) => Math.exp(x) / sum);
}

describe.each(BACKENDS)("on %s", (backend) => {
  beforeAll(() => startBackend(backend));

  describe("softmaxCrossEntropy", () => {
    test("is the definition", () => {
      const loss = softmaxCrossEntropy(tf.tensor2d(TARGETS), tf.tensor2d(LOGITS)).arraySync();
      loss.forEach((value, i) => {
        expect(value).toBeCloseTo(plain(TARGETS[i]!, LOGITS[i]!), 5);
      });
    });

    test("has the gradient of finite differences", () => {
      const targets = tf.tensor2d(TARGETS);
      const weights = [2, -3];
      const gradient = tf
        .grad((x: tf.Tensor) => tf.sum(tf.mul(softmaxCrossEntropy(targets, x as tf.Tensor2D), weights)))(
          tf.tensor2d(LOGITS),
        )
        .arraySync() as number[][];
      const step = 1e-5;
      gradient.forEach((row, i) => {
        row.forEach((value, c) => {
          const shifted = (by: number) => LOGITS[i]!.map((x, j) => (j === c ? x + by : x));
          const slope = (plain(TARGETS[i]!, shifted(step)) - plain(TARGETS[i]!, shifted(-step))) / (2 * step);
          expect(value).toBeCloseTo(weights[i]! * slope, 4);
        });
      });
    });

    test("stays finite for huge logits", () => {
      const logits = tf.tensor2d([[1e4, -1e4]]);
      expect(softmaxCrossEntropy(tf.tensor2d([[1, 0]]), logits).arraySync()[0]).toBe(0);
      expect(softmaxCrossEntropy(tf.tensor2d([[0, 1]]), logits).arraySync()[0]).toBe(2e4);
    });

    test("makes one tensor", () => {
      const [targets, logits] = [tf.tensor2d(TARGETS), tf.tensor2d(LOGITS)];
      const before = tf.memory().numTensors;
      softmaxCrossEntropy(targets, logits);
      expect(tf.memory().numTensors - before).toBe(1);
    });

    test("refuses different shapes", () => {
      expect(() => softmaxCrossEntropy(tf.zeros([2, 3]), tf.zeros([2, 4]))).toThrow(
        "softmaxCrossEntropy: targets and logits must have one shape, got [2,3] and [2,4]",
      );
    });
  });

  describe("smoothedOneHot", () => {
    test("is Keras' y·(1 − s) + s / classes", () => {
      const rows = smoothedOneHot(tf.tensor1d([2, 0], "int32"), 5, 0.1).arraySync();
      expect(rows[0]!.map((x) => x.toFixed(4))).toEqual(["0.0200", "0.0200", "0.9200", "0.0200", "0.0200"]);
      expect(rows[1]![0]).toBeCloseTo(0.92, 6);
    });

    test.each<[string, number[], number, number, string]>([
      ["a smoothing of 1", [0], 2, 1, "smoothing must be in [0, 1), got 1"],
      ["a smoothing that is a string", [0], 2, "0.1" as never, "smoothing must be in [0, 1), got '0.1'"],
      ["one class", [0], 1, 0, "classes must be an integer >= 2, got 1"],
      ["half a class", [0], 2.5, 0, "classes must be an integer >= 2, got 2.5"],
      ["label 2 of 2", [0, 2], 2, 0, "labels must be integers in [0, 2), for 2 classes, got 2 at labels[1]"],
      ["label -1", [-1], 2, 0, "got -1 at labels[0]"],
    ])("refuses %s", (_, labels, classes, smoothing, message) => {
      const given = tf.tensor1d(labels, "int32");
      const before = tf.memory().numTensors;
      expect(() => smoothedOneHot(given, classes, smoothing)).toThrow(message);
      expect(tf.memory().numTensors).toBe(before);
    });

    test("refuses labels that are not [batch], int32", () => {
      expect(() => smoothedOneHot(tf.tensor1d([0.5]), 2, 0)).toThrow(
        "smoothedOneHot: labels must be [batch], int32, got [1], float32",
      );
      expect(() => smoothedOneHot(tf.scalar(1, "int32") as never, 2, 0)).toThrow("got [], int32");
    });
  });

  describe("distillationLoss", () => {
    const teacher = [
      [3, 1, 0],
      [0, 0.5, -2],
    ];

    test("hard is cross-entropy with the teacher's argmax", () => {
      const loss = distillationLoss({ kind: "hard" }, tf.tensor2d(teacher), tf.tensor2d(LOGITS)).arraySync();
      expect(loss[0]).toBeCloseTo(plain([1, 0, 0], LOGITS[0]!), 5);
      expect(loss[1]).toBeCloseTo(plain([0, 1, 0], LOGITS[1]!), 5);
    });

    test("soft is T² · KL at temperature T, and numel divides it by the classes", () => {
      const temperature = 3;
      const at = (reduction: "batchmean" | "numel") =>
        distillationLoss(
          { kind: "soft", temperature, reduction },
          tf.tensor2d(teacher),
          tf.tensor2d(LOGITS),
        ).arraySync();
      const scaled = (row: number[]) => row.map((x) => x / temperature);
      at("batchmean").forEach((value, i) => {
        const p = softmax(scaled(teacher[i]!));
        const q = softmax(scaled(LOGITS[i]!));
        const kl = p.reduce((sum, pc, c) => sum + pc * Math.log(pc / q[c]!), 0);
        expect(value).toBeCloseTo(temperature ** 2 * kl, 4);
        expect(at("numel")[i]).toBeCloseTo((temperature ** 2 * kl) / 3, 4);
      });
    });

    test("gives the teacher no gradient", () => {
      const gradient = tf.grads((t: tf.Tensor, s: tf.Tensor) =>
        tf.sum(distillationLoss({ kind: "hard" }, tf.clone(t) as tf.Tensor2D, s as tf.Tensor2D)),
      );
      expect(() => gradient([tf.tensor2d(teacher), tf.tensor2d(LOGITS)])).toThrow(/gradient/i);
    });

    test("refuses a teacher with other classes and a temperature of 0", () => {
      const student = tf.tensor2d(LOGITS);
      expect(() => distillationLoss({ kind: "hard" }, tf.zeros([2, 4]), student)).toThrow(
        "distillationLoss: the teacher must have the student's 3 classes, got 4",
      );
      const soft = { kind: "soft", temperature: 0 } as const;
      expect(() => distillationLoss(soft, tf.tensor2d(teacher), student)).toThrow(
        "temperature must be a finite number > 0, got 0",
      );
    });
  });
});

test("softmaxCrossEntropy is the same with kernels and without, forward and backward", async () => {
  await startBackend("wasm");
  const names = ["SoftmaxCrossEntropy", "SoftmaxCrossEntropyGrad"];
  const kernels = names.map((name) => tf.getKernel(name, "wasm"));
  expect(kernels.every(Boolean)).toBe(true);
  const targets = tf.softmax(tf.randomNormal([6, 11], 0, 1, "float32", 1)) as tf.Tensor2D;
  const logits = tf.randomNormal([6, 11], 0, 3, "float32", 2) as tf.Tensor2D;
  const f = (x: tf.Tensor) => softmaxCrossEntropy(targets, x as tf.Tensor2D) as tf.Tensor;
  const all = () => [f(logits), tf.grad(f)(logits, tf.range(1, 7))].map((x) => x.dataSync());
  const fused = all();
  for (const name of names) tf.unregisterKernel(name, "wasm");
  const composite = all();
  for (const kernel of kernels) tf.registerKernel(kernel);
  composite.forEach((values, i) => {
    values.forEach((value, j) => {
      expect(fused[i]![j]).toBeCloseTo(value, 5);
    });
  });
});
