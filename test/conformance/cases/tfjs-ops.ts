import * as tf from "@tensorflow/tfjs-core";
import { erf } from "test-kit/numbers";
import { between, type Case, noise, opCase } from "../case.ts";
import { type Array64, at, build, map, mapRows, reduceRows, total, zip } from "../float64/array.ts";
import * as f64 from "../float64/functions.ts";
import { convolved, maxPooled, resized } from "../float64/images.ts";

/** What the packages use of tfjs itself: where a backend is wrong there, it is wrong here. */
export const tfjsOps: readonly Case[] = [
  unary("exp", tf.exp, Math.exp),
  unary("log", tf.log, Math.log, between(0.2, 3, [3, 7], 1)),
  unary("sqrt", tf.sqrt, Math.sqrt, between(0.2, 3, [3, 7], 2)),
  unary("rsqrt", tf.rsqrt, (v) => 1 / Math.sqrt(v), between(0.2, 3, [3, 7], 3)),
  unary("square", tf.square, (v) => v * v),
  unary("abs", tf.abs, Math.abs),
  unary("relu", tf.relu, (v) => Math.max(0, v)),
  unary("erf", tf.erf, erf, between(-3, 3, [3, 7], 4)),
  unary("tanh", tf.tanh, Math.tanh),
  unary("sigmoid", tf.sigmoid, (v) => 1 / (1 + Math.exp(-v))),
  binary("add, broadcast", tf.add, (a, b) => a + b),
  binary("sub, broadcast", tf.sub, (a, b) => a - b),
  binary("mul, broadcast", tf.mul, (a, b) => a * b),
  binary("div, broadcast", tf.div, (a, b) => a / b),
  // (tfjs' gradients of these two do not add up over what was broadcast.)
  binary("minimum", tf.minimum, Math.min, [2, 3, 7]),
  binary("maximum", tf.maximum, Math.max, [2, 3, 7]),
  ...[false, true].flatMap((a) => [false, true].map((b) => product([], a, b))),
  ...[false, true].flatMap((a) => [false, true].map((b) => product([3], a, b))),
  opCase({
    op: "tfjs: fused.matMul with bias and relu",
    inputs: [noise([5, 7], 10), noise([7, 6], 11), noise([6], 12)],
    run: (a, b, bias) =>
      tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias: bias!, activation: "relu" }),
    reference: (a, b, bias) => map(f64.linear(a!, b!, bias), (v) => Math.max(0, v)),
  }),
  opCase({
    op: "tfjs: transpose",
    inputs: [noise([2, 3, 4, 5], 13)],
    run: (x) => tf.transpose(x!, [0, 2, 1, 3]),
    reference: (x) => build([2, 4, 3, 5], (a, b, c, d) => at(x!, a!, c!, b!, d!)),
  }),
  opCase({
    op: "tfjs: slice",
    inputs: [noise([3, 5, 4], 14)],
    run: (x) => tf.slice(x!, [1, 0, 2], [2, 3, 1]),
    reference: (x) => build([2, 3, 1], (a, b, c) => at(x!, a! + 1, b!, c! + 2)),
  }),
  opCase({
    op: "tfjs: concat",
    inputs: [noise([2, 3, 4], 15), noise([2, 2, 4], 16)],
    run: (x, y) => tf.concat([x!, y!], 1),
    reference: (x, y) =>
      build([2, 5, 4], (a, b, c) => (b! < 3 ? at(x!, a!, b!, c!) : at(y!, a!, b! - 3, c!))),
  }),
  opCase({
    op: "tfjs: stack",
    inputs: [noise([2, 3], 17), noise([2, 3], 18)],
    run: (x, y) => tf.stack([x!, y!], 1),
    reference: (x, y) => build([2, 2, 3], (a, which, c) => at(which === 0 ? x! : y!, a!, c!)),
  }),
  opCase({
    op: "tfjs: tile",
    inputs: [noise([1, 2, 3], 19)],
    run: (x) => tf.tile(x!, [4, 1, 2]),
    reference: (x) => build([4, 2, 6], (_, b, c) => at(x!, 0, b!, c! % 3)),
  }),
  opCase({
    op: "tfjs: pad",
    inputs: [noise([2, 3], 20)],
    run: (x) =>
      tf.pad(x!, [
        [1, 0],
        [0, 2],
      ]),
    reference: (x) => build([3, 5], (a, b) => (a! < 1 || b! > 2 ? 0 : at(x!, a! - 1, b!))),
  }),
  opCase({
    op: "tfjs: gather",
    inputs: [noise([4, 3], 21)],
    run: (x) => tf.gather(x!, tf.tensor1d([2, 0, 2], "int32")),
    reference: (x) => build([3, 3], (a, b) => at(x!, [2, 0, 2][a!]!, b!)),
  }),
  opCase({
    op: "tfjs: sum of the last axis",
    inputs: [noise([3, 4, 5], 22)],
    run: (x) => tf.sum(x!, -1),
    reference: (x) => reduceRows(x!, total),
  }),
  opCase({
    op: "tfjs: sum of the leading axes",
    inputs: [noise([3, 4, 5], 23)],
    run: (x) => tf.sum(x!, [0, 1]),
    reference: (x) => build([5], (j) => total(x!.data.filter((_, i) => i % 5 === j))),
  }),
  opCase({
    op: "tfjs: mean",
    inputs: [noise([3, 4, 5], 24)],
    run: (x) => tf.mean(x!, 2, true),
    reference: (x) => mapRows(x!, (row) => [total(row) / 5]),
  }),
  opCase({
    op: "tfjs: max",
    inputs: [noise([3, 4, 5], 25)],
    run: (x) => tf.max(x!, -1),
    reference: (x) => reduceRows(x!, (row) => Math.max(...row)),
  }),
  opCase({
    op: "tfjs: softmax",
    inputs: [noise([3, 4, 5], 26)],
    run: (x) => tf.softmax(x!),
    reference: (x) => f64.softmax(x!),
  }),
  opCase({
    op: "tfjs: logSoftmax",
    inputs: [noise([3, 5], 27)],
    run: (x) => tf.logSoftmax(x!),
    reference: (x) => mapRows(x!, (row) => row.map((v) => v - f64.logSumExp(row))),
  }),
  opCase({
    op: "tfjs: logSumExp",
    inputs: [noise([3, 5], 28)],
    run: (x) => tf.logSumExp(x!, 1),
    reference: (x) => reduceRows(x!, f64.logSumExp),
  }),
  opCase({
    op: "tfjs: cumsum of the first axis",
    inputs: [noise([5], 29)],
    run: (x) => tf.cumsum(x!, 0),
    reference: (x) => map(x!, (_, i) => total(x!.data.subarray(0, i + 1))),
  }),
  ...[
    { name: "same, stride 1", stride: 1, pad: "same" as const },
    { name: "same, stride 2", stride: 2, pad: "same" as const },
    { name: "valid, stride 2", stride: 2, pad: "valid" as const },
  ].map(({ name, stride, pad }) =>
    opCase({
      op: `tfjs: conv2d, ${name}`,
      inputs: [noise([2, 7, 6, 3], 30), noise([3, 3, 3, 4], 31)],
      run: (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, stride, pad),
      reference: (x, filter) => convolved(x!, filter!, stride, pad),
    }),
  ),
  opCase({
    op: "tfjs: maxPool",
    inputs: [noise([2, 7, 6, 3], 32)],
    run: (x) => tf.maxPool(x as tf.Tensor4D, 3, 2, "valid"),
    reference: (x) => maxPooled(x!, 3, 2),
  }),
  opCase({
    op: "tfjs: resizeBilinear, half-pixel centers",
    inputs: [noise([2, 5, 4, 3], 33)],
    differentiable: [], // tfjs' gradient knows no half-pixel centers
    run: (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [8, 3], false, true),
    reference: (x) => resized(x!, 8, 3),
  }),
  opCase({
    op: "tfjs: batchNorm with offset",
    inputs: [noise([4, 5], 34), noise([5], 35), between(0.3, 2, [5], 36), noise([5], 37), noise([5], 38)],
    run: (x, mean, variance, offset, scale) =>
      tf.batchNorm(
        x!,
        mean as tf.Tensor1D,
        variance as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
      ),
    reference: (x, mean, variance, offset, scale) =>
      mapRows(x!, (row) =>
        row.map((v, j) => {
          const deviation = Math.sqrt(variance!.data[j]! + 1e-3);
          return ((v - mean!.data[j]!) / deviation) * scale!.data[j]! + offset!.data[j]!;
        }),
      ),
  }),
  opCase({
    op: "tfjs: argMax and oneHot",
    inputs: [noise([4, 5], 39)],
    differentiable: [],
    run: (x) => tf.cast(tf.oneHot(tf.argMax(x!, 1) as tf.Tensor1D, 5, 1, 0, "int32"), "float32"),
    reference: (x) => mapRows(x!, (row) => row.map((v) => Number(v === Math.max(...row)))),
  }),
];

function unary(
  name: string,
  run: (x: tf.Tensor) => tf.Tensor,
  f: (v: number) => number,
  x = noise([3, 7], 5),
): Case {
  return opCase({ op: `tfjs: ${name}`, inputs: [x], run: (v) => run(v!), reference: (v) => map(v!, f) });
}

function binary(
  name: string,
  run: (x: tf.Tensor, y: tf.Tensor) => tf.Tensor,
  f: (a: number, b: number) => number,
  shape: readonly number[] = [7],
): Case {
  return opCase({
    op: `tfjs: ${name}`,
    inputs: [noise([2, 3, 7], 6), between(0.3, 1, shape, 7)],
    run: (x, y) => run(x!, y!),
    reference: (x, y) => zip(x!, y!, f),
  });
}

function product(batch: readonly number[], transposeA: boolean, transposeB: boolean): Case {
  const flags = [transposeA && "a", transposeB && "b"].filter(Boolean).join(" and ");
  const name = `${batch.length > 0 ? "batched " : ""}matMul${flags ? `, ${flags} transposed` : ""}`;
  const sides = (rows: number, columns: number, flag: boolean) => (flag ? [columns, rows] : [rows, columns]);
  const matrix = (x: Array64, index: number[], flag: boolean, row: number, column: number) =>
    flag ? at(x, ...index, column, row) : at(x, ...index, row, column);
  return opCase({
    op: `tfjs: ${name}`,
    inputs: [
      noise([...batch, ...sides(5, 7, transposeA)], 8),
      noise([...batch, ...sides(7, 6, transposeB)], 9),
    ],
    run: (a, b) => tf.matMul(a!, b!, transposeA, transposeB),
    reference: (a, b) =>
      build([...batch, 5, 6], (...index) => {
        const [row, column] = index.slice(-2) as [number, number];
        const terms = Array.from({ length: 7 }, (_, k) => {
          const left = matrix(a!, index.slice(0, -2), transposeA, row, k);
          return left * matrix(b!, index.slice(0, -2), transposeB, k, column);
        });
        return total(terms);
      }),
  });
}
