import { existsSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { installWebGpuKernels } from "./install.ts";

/** Where Debian's package `chromium` has its software GPU. */
const SWIFTSHADER = "/usr/lib/chromium/vk_swiftshader_icd.json";

/**
 * For tests: the `cpu` and `webgpu` backends started, the kernels installed, `webgpu` current.
 *
 * @returns Why there is no WebGPU here, or nothing.
 */
export async function startForTest(): Promise<string | undefined> {
  // Read by the Vulkan loader when Dawn first asks for adapters.
  if (existsSync(SWIFTSHADER)) process.env.VK_ICD_FILENAMES ??= SWIFTSHADER;
  await startBackend("cpu");
  try {
    await startBackend("webgpu");
  } catch (error) {
    const { message } = error as Error;
    if (/adapter, found none|not installed here/.test(message)) return message;
    throw error;
  }
  installWebGpuKernels();
  return undefined;
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

/** For tests: the numbers of tensors, which are freed. (WebGPU reads asynchronously.) */
export async function valuesOf(tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  const values = await Promise.all(tensors.map(async (tensor) => (await tensor.data()) as Float32Array));
  tf.dispose([...tensors]);
  return values;
}

/** For tests: the outputs of a kernel on `webgpu`, as plain numbers; inputs and outputs are freed. */
export async function outputsOf(
  name: string,
  inputs: Record<string, tf.Tensor> | tf.Tensor[],
  attrs: object = {},
): Promise<Float32Array[]> {
  const outputs = [
    tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap),
  ].flat() as tf.Tensor[];
  tf.dispose(inputs);
  return valuesOf(outputs);
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
 * For tests: the largest difference, of an op's value and of its gradients, between `webgpu`, where the op finds its
 * kernels, and `cpu`, where it takes its composite form. NaN must meet NaN, and an infinity its equal.
 *
 * @param inputs - The op's, and last the gradient of its value.
 */
export async function differenceFromCpu(
  op: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly Plain[],
): Promise<number> {
  const on = async (backend: string): Promise<Float32Array[]> => {
    await tf.setBackend(backend);
    const outputs = tf.tidy(() => {
      const tensors = inputs.map(({ values, shape }) => tf.tensor(values, [...shape]));
      const dy = tensors.pop()!;
      const { value, grads } = tf.valueAndGrads(op)(tensors, dy);
      return [value, ...grads];
    });
    return valuesOf(outputs);
  };
  const expected = await on("cpu");
  const actual = await on("webgpu");
  return Math.max(...actual.map((values, i) => largestError(values, expected[i]!)));
}

/** For tests: Σ a · b in float64. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return total(a.length, (i) => a[i]! * b[i]!);
}
