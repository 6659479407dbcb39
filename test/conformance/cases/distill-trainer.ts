import * as tf from "@tensorflow/tfjs-core";
import * as trainer from "distill-trainer";
import { type Case, noise, opCase } from "../case.ts";
import { type Array64, at, build, map, mapRows, reduceRows, total, zip } from "../float64/array.ts";
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
  features("mse", (t, s) => total(zip64(t, s, (a, b) => (b - a) ** 2)) / t.length),
  features("smooth-l1", (t, s) => {
    const each = zip64(t, s, (a, b) => (Math.abs(b - a) < 1 ? (b - a) ** 2 / 2 : Math.abs(b - a) - 0.5));
    return total(each) / t.length;
  }),
  features("cosine", (t, s) => 1 - total(zip64(t, s, (a, b) => a * b)) / Math.hypot(...t) / Math.hypot(...s)),
  opCase({
    op: "distill-trainer: whiten",
    inputs: [map(noise([3, 4, 6], 7), Math.fround)],
    run: (x) => trainer.whiten(x!),
    reference: (x) =>
      f64.layerNorm(
        x!,
        build([6], () => 1),
        build([6], () => 0),
      ),
  }),
  opCase({
    op: "distill-trainer: resizeMaps, to a larger and a smaller side",
    inputs: [map(noise([2, 3, 5, 4], 8), Math.fround)],
    differentiable: [],
    run: (x) => trainer.resizeMaps(x as tf.Tensor4D, [6, 2]),
    reference: (x) => resized(x!, [6, 2]),
  }),
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

/** A loss of features: its mean over the places of a sample; `of` computes it at one. */
function features(
  loss: trainer.FeatureLoss,
  of: (teacher: Float64Array, student: Float64Array) => number,
): Case {
  const [places, channels] = [4, 6];
  return opCase({
    op: `distill-trainer: featureLoss, ${loss}`,
    inputs: [
      map(noise([3, places, channels], 5), Math.fround),
      map(noise([3, places, channels], 6), Math.fround),
    ],
    differentiable: [1],
    run: (teacher, student) => trainer.featureLoss(loss, teacher!, student!),
    reference: (teacher, student) =>
      build([3], (sample) => {
        const rows = ({ data }: Array64, place: number) => {
          const start = (sample! * places + place) * channels;
          return data.subarray(start, start + channels);
        };
        const each = Array.from({ length: places }, (_, place) =>
          of(rows(teacher!, place), rows(student!, place)),
        );
        return total(each) / places;
      }),
  });
}

function zip64(a: Float64Array, b: Float64Array, f: (a: number, b: number) => number): Float64Array {
  return a.map((value, i) => f(value, b[i]!));
}

/** Bilinear interpolation between the centers of pixels; beyond the outer ones their value. */
function resized(x: Array64, [rows, columns]: readonly [number, number]): Array64 {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const around = (index: number, to: number, from: number) => {
    const place = Math.min(Math.max(((index + 0.5) * from) / to - 0.5, 0), from - 1);
    const first = Math.floor(place);
    return { first, second: Math.min(first + 1, from - 1), share: place - first };
  };
  return build([batch, rows, columns, channels], (b, row, column, c) => {
    const [i, j] = [around(row!, rows, height), around(column!, columns, width)];
    const line = (r: number) =>
      at(x, b!, r, j.first, c!) * (1 - j.share) + at(x, b!, r, j.second, c!) * j.share;
    return line(i.first) * (1 - i.share) + line(i.second) * i.share;
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
