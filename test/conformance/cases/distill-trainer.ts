import * as tf from "@tensorflow/tfjs-core";
import * as trainer from "distill-trainer";
import { type Case, noise, opCase } from "../case.ts";
import { adamW } from "../float64/adamw.ts";
import { type Array64, build, joined, map, mapRows, reduceRows, total, zip } from "../float64/array.ts";
import * as f64 from "../float64/functions.ts";

const LOGITS = [map(noise([4, 7], 1), (v) => 3 * v), map(noise([4, 7], 2), (v) => 3 * v)] as const;

/** Losses, preprocessing, gradient transforms and the optimizer of `distill-trainer`. */
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
    op: "distill-trainer: normalise",
    inputs: [map(noise([2, 2, 2, 3], 4), (v) => Math.fround(127 + 120 * v))],
    run: (x) => trainer.normalise(trainer.IMAGENET_NORMALISATION)(x!),
    reference: (x) => {
      const { mean, std } = trainer.IMAGENET_NORMALISATION;
      return map(x!, (v, i) => (v / 255 - mean[i % 3]!) / std[i % 3]!);
    },
  }),
  opCase({
    op: "distill-trainer: globalNorm",
    inputs: [noise([3, 5], 5), noise([4], 6)],
    run: (a, b) => trainer.globalNorm({ a: a!, b: b! }),
    reference: (a, b) => norm(a!, b!),
  }),
  opCase({
    op: "distill-trainer: clipByGlobalNorm",
    inputs: [noise([3, 5], 7), noise([4], 8)],
    run: (a, b) => {
      const clipped = trainer.clipByGlobalNorm(0.5).apply({ a: a!, b: b! });
      return tf.concat([tf.reshape(clipped.a!, [-1]), clipped.b!]);
    },
    reference: (a, b) => {
      const size = norm(a!, b!).data[0]!;
      return map(joined(a!, b!), (v) => v * Math.min(1, 0.5 / (size + 1e-6)));
    },
  }),
  ...Object.entries(trainer.ADAMW_SEMANTICS).map(([name, semantics]) => {
    const options = { learningRate: 0.01, weightDecay: 0.1, beta1: 0.9, beta2: 0.999, ...semantics };
    const step = trainer.adamWStep(3, options);
    return opCase({
      op: `distill-trainer: AdamW, the third step, ${name}`,
      inputs: [9, 10, 11, 12].map((seed) => map(noise([37], seed), seed === 11 ? Math.abs : Number)),
      differentiable: [],
      run: (value, m, v, gradient) => {
        // The moments are given away.
        const state = { value: value!, m: tf.clone(m!), v: tf.clone(v!), gradient: gradient!, decays: true };
        const [next] = trainer.adamWUpdate([state], step);
        return tf.concat([next!.value, next!.m, next!.v]);
      },
      reference: (value, m, v, gradient) =>
        joined(...adamW({ value: value!, m: m!, v: v!, gradient: gradient! }, 3, options)),
    });
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

function norm(...arrays: Array64[]): Array64 {
  const squares = joined(...arrays).data.map((v) => v ** 2);
  return { shape: [], data: Float64Array.of(Math.sqrt(total(squares))) };
}
