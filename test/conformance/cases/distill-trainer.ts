import * as tf from "@tensorflow/tfjs-core";
import * as trainer from "distill-trainer";
import { type Case, noise, opCase } from "../case.ts";
import { type Array64, build, map, mapRows, reduceRows, total, zip } from "../float64/array.ts";
import * as f64 from "../float64/functions.ts";

const LOGITS = [map(noise([4, 7], 1), (v) => 3 * v), map(noise([4, 7], 2), (v) => 3 * v)] as const;

/** Losses and preprocessing of `distill-trainer`. */
export const distillTrainer: readonly Case[] = [
  opCase({
    op: "distill-trainer: softmaxCrossEntropy",
    inputs: [f64.softmax(noise([4, 7], 3)), LOGITS[0]].map((x) => map(x, Math.fround)),
    differentiable: [1],
    run: (targets, logits) => trainer.softmaxCrossEntropy(targets as tf.Tensor2D, logits as tf.Tensor2D),
    reference: (targets, logits) => f64.softmaxCrossEntropy(targets!, logits!),
  }),
  distillation("hard", { kind: "hard" }, hard),
  distillation("soft, batchmean", { kind: "soft", temperature: 3 }, (teacher, student) =>
    soft(teacher, student, 3, 1),
  ),
  distillation("soft, numel", { kind: "soft", temperature: 3, reduction: "numel" }, (teacher, student) =>
    soft(teacher, student, 3, 7),
  ),
  opCase({
    op: "distill-trainer: smoothedOneHot",
    inputs: [],
    run: () => trainer.smoothedOneHot(tf.tensor1d([0, 2, 1], "int32"), 3, 0.1),
    reference: () => build([3, 3], (i, j) => 0.9 * Number([0, 2, 1][i!] === j) + 0.1 / 3),
  }),
  opCase({
    op: "distill-trainer: normalize",
    inputs: [map(noise([2, 2, 2, 3], 4), (v) => Math.fround(127 + 120 * v))],
    run: (x) => trainer.normalize(trainer.IMAGENET_NORMALIZATION)(x!),
    reference: (x) => {
      const { mean, std } = trainer.IMAGENET_NORMALIZATION;
      return map(x!, (v, i) => (v / 255 - mean[i % 3]!) / std[i % 3]!);
    },
  }),
];

type Loss = (teacher: Array64, student: Array64) => Array64;

function distillation(name: string, kind: trainer.Distillation, reference: Loss): Case {
  return opCase({
    op: `distill-trainer: distillationLoss, ${name}`,
    inputs: LOGITS.map((x) => map(x, Math.fround)),
    differentiable: [1],
    run: (teacher, student) => trainer.distillationLoss(kind, teacher as tf.Tensor2D, student as tf.Tensor2D),
    reference: (teacher, student) => reference(teacher!, student!),
  });
}

/** Cross-entropy with the teacher's choice. */
export function hard(teacher: Array64, student: Array64): Array64 {
  const choice = mapRows(teacher, (row) => row.map((v) => Number(v === Math.max(...row))));
  return f64.softmaxCrossEntropy(choice, student);
}

/** `T² · KL(teacher ‖ student)` of softmaxes at temperature T. */
function soft(teacher: Array64, student: Array64, temperature: number, divisor: number): Array64 {
  const [p, q] = [f64.softmax(teacher, 1 / temperature), f64.softmax(student, 1 / temperature)];
  const divergence = zip(p, q, (a, b) => a * Math.log(a / b));
  return reduceRows(divergence, (row) => (total(row) * temperature ** 2) / divisor);
}
