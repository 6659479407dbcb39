import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { installWasmKernels } from "./install.ts";

/** For tests: the `cpu` and `wasm` backends started, the kernels installed, `wasm` current. */
export async function startForTest(): Promise<void> {
  await startBackend("cpu");
  await startBackend("wasm");
  installWasmKernels();
}

/** For tests: what `compute` returns on `backend`, as plain numbers. The inputs must come from `tf.tensor` inside. */
export async function valuesOn(backend: "cpu" | "wasm", compute: () => tf.Tensor): Promise<Float32Array> {
  await tf.setBackend(backend);
  const result = tf.tidy(compute);
  const values = result.dataSync() as Float32Array;
  result.dispose();
  await tf.setBackend("wasm");
  return values;
}

/** For tests: reproducible numbers in [-1, 1). */
export function noise(length: number, seed: number): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

/** For tests: the largest difference relative to the larger of 1 and the expected size. */
export function largestError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const want = expected[i]!;
    if (Object.is(actual[i], want) || (Number.isNaN(actual[i]) && Number.isNaN(want))) continue;
    const error = Math.abs(actual[i]! - want) / Math.max(1, Math.abs(want));
    worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }
  return worst;
}

/** For tests: reproducible numbers in [0, 1), whose sums grow with every term. */
export function positive(length: number, seed: number): Float32Array {
  return noise(length, seed).map((x) => (x + 1) / 2);
}

/** For tests: the largest error relative to the expected number, none of which may be 0. */
export function largestRelativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  return Math.max(...Array.from(expected, (want, i) => Math.abs(actual[i]! / want - 1)));
}

/** For tests: the outputs of a kernel on `wasm`, as plain numbers; inputs and outputs are freed. */
export function outputsOf(
  name: string,
  inputs: Record<string, tf.Tensor> | tf.Tensor[],
  attrs: object = {},
): Float32Array[] {
  const outputs = [
    tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap),
  ].flat() as tf.Tensor[];
  const values = outputs.map((tensor) => tensor.dataSync() as Float32Array);
  tf.dispose([inputs, outputs]);
  return values;
}

/** For tests: a column of `count` numbers by index. */
export function each(count: number, of: (index: number) => number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => of(i));
}

/** For tests: a sum over indices, in float64. */
export function total(count: number, of: (index: number) => number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) sum += of(i);
  return sum;
}

/** For tests: a tensor's numbers and shape, to be made on one backend or another. */
export interface Plain {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** For tests: reproducible numbers in [-1, 1) of a shape. */
export function plain(shape: readonly number[], seed: number): Plain {
  return { values: noise(tf.util.sizeFromShape([...shape]), seed), shape };
}

/** For tests: what becomes of NaN and the infinities where `spoil` puts one. */
export const NOT_FINITE: readonly number[] = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** For tests: the same inputs with `bad` in the place of one number of one of them, if that has any. */
export function spoil(inputs: readonly Plain[], which: number, at: number, bad: number): Plain[] {
  return inputs.map(({ values, shape }, i) => {
    const copy = values.slice();
    if (i === which % inputs.length && copy.length > 0) copy[at % copy.length] = bad;
    return { values: copy, shape };
  });
}

/**
 * For tests: the largest difference, of an op's value and of its gradients, between `wasm`, where the op finds its
 * kernels, and `cpu`, where it takes its composite form. NaN must meet NaN, and an infinity its equal.
 *
 * @param inputs - The op's, and last the gradient of its value.
 */
export async function differenceFromCpu(
  op: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly Plain[],
): Promise<number> {
  const results: Float32Array[][] = [];
  for (const backend of ["wasm", "cpu"]) {
    await tf.setBackend(backend);
    results.push(
      tf.tidy(() => {
        const tensors = inputs.map(({ values, shape }) => tf.tensor(values, [...shape]));
        const dy = tensors.pop()!;
        const { value, grads } = tf.valueAndGrads(op)(tensors, dy);
        return [value, ...grads].map((tensor) => tensor.dataSync() as Float32Array);
      }),
    );
  }
  await tf.setBackend("wasm");
  const [actual, expected] = results as [Float32Array[], Float32Array[]];
  return Math.max(...actual.map((values, i) => largestError(values, expected[i]!)));
}

/** For tests: the slopes of `f` at `x` by central differences, one number at a time. */
export function centralDifferences(f: (x: Float32Array) => number, x: Float32Array, step = 1e-2): number[] {
  return Array.from(x, (value, i) => {
    const moved = x.slice();
    moved[i] = value + step;
    const above = f(moved);
    moved[i] = value - step;
    return (above - f(moved)) / (2 * step);
  });
}

/** For tests: Σ a · b in float64. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return total(a.length, (i) => a[i]! * b[i]!);
}

/** For tests: the outputs of one call of every kernel that is no operation of tfjs, gradients too. */
export function outputsOfFusedKernels(): Float32Array[] {
  const random = (seed: number, ...shape: number[]) =>
    tf.tensor(noise(tf.util.sizeFromShape(shape), seed), shape);
  const positive = (seed: number, ...shape: number[]) => tf.tidy(() => tf.abs(random(seed, ...shape)));
  const from = (values: Float32Array, ...shape: number[]) => tf.tensor(values, shape);
  const affine = (dim: number) => ({ gamma: random(2, dim), beta: random(3, dim) });

  const rows = outputsOf("LayerNorm", { x: random(1, 5, 11), ...affine(11) }, { epsilon: 1e-2 });
  const rowsGrad = outputsOf("LayerNormGrad", {
    ...{ x: random(1, 5, 11), gamma: random(2, 11), dy: random(4, 5, 11) },
    ...{ mean: from(rows[1]!, 5), rstd: from(rows[2]!, 5) },
  });
  const groups = outputsOf(
    "GroupNorm",
    { x: random(1, 2, 3, 3, 6), ...affine(6) },
    { groups: 2, epsilon: 1e-2 },
  );
  const groupsGrad = outputsOf(
    "GroupNormGrad",
    {
      ...{ x: random(1, 2, 3, 3, 6), gamma: random(2, 6), dy: random(4, 2, 3, 3, 6) },
      ...{ mean: from(groups[1]!, 2, 2), rstd: from(groups[2]!, 2, 2) },
    },
    { groups: 2 },
  );
  const weights = outputsOf("WeightStandardize", { w: random(1, 13, 7) }, { epsilon: 1e-2 });
  const weightsGrad = outputsOf("WeightStandardizeGrad", {
    ...{ w: random(1, 13, 7), dy: random(4, 13, 7) },
    ...{ mean: from(weights[1]!, 7), rstd: from(weights[2]!, 7) },
  });
  const heads = { heads: 2, scale: 0.6, queries: 9 };
  const attention = outputsOf("Attention", { qkv: random(1, 2, 11, 30) }, heads);
  const attentionGrad = outputsOf(
    "AttentionGrad",
    {
      ...{ qkv: random(1, 2, 11, 30), dy: random(4, 2, 9, 10) },
      ...{ out: from(attention[0]!, 2, 9, 10), logSumExp: from(attention[1]!, 2, 2, 9) },
    },
    heads,
  );
  const softmax = outputsOf("ScaledSoftmax", { x: random(1, 3, 13) }, { scale: 2 });
  const batch = () => ({ targets: positive(1, 3, 13), logits: random(2, 3, 13) });
  return [
    ...[rows, rowsGrad, groups, groupsGrad, weights, weightsGrad, attention, attentionGrad, softmax].flat(),
    ...outputsOf("ScaledSoftmaxGrad", { y: from(softmax[0]!, 3, 13), dy: random(4, 3, 13) }, { scale: 2 }),
    ...outputsOf("Gelu", { x: random(1, 19) }),
    ...outputsOf("GeluGrad", { x: random(1, 19), dy: random(4, 19) }),
    ...outputsOf("SoftmaxCrossEntropy", batch()),
    ...outputsOf("SoftmaxCrossEntropyGrad", { ...batch(), dy: random(4, 3) }),
    ...outputsOf("ResidualAdd", { x: random(1, 3, 5), branch: random(2, 3, 5), bias: random(3, 5) }),
    ...outputsOf("PatchExtract", { x: random(1, 2, 4, 6, 3) }, { patchSize: 2 }),
    ...outputsOf("AdamWUpdate", [random(1, 37), random(2, 37), positive(3, 37), random(4, 37)], {
      ...{ beta1: 0.9, beta2: 0.99, stepSize: 0.1, epsilon: 1e-7, decays: [0.01] },
    }),
  ];
}
