import * as tf from "@tensorflow/tfjs-core";
import { largestMixedError } from "./numbers/errors.ts";
import { noise } from "./numbers/noise.ts";

type Inputs = Record<string, tf.Tensor> | tf.Tensor[];

/** Outputs of a kernel on the current backend, as plain numbers; inputs and outputs are freed. */
export async function outputsOf(name: string, inputs: Inputs, attrs: object = {}): Promise<Float32Array[]> {
  return valuesOf(run(name, inputs, attrs));
}

/** {@link outputsOf}, where the backend can be read synchronously. */
export function outputsOfSync(name: string, inputs: Inputs, attrs: object = {}): Float32Array[] {
  const outputs = run(name, inputs, attrs);
  const values = outputs.map((tensor) => tensor.dataSync() as Float32Array);
  tf.dispose(outputs);
  return values;
}

function run(name: string, inputs: Inputs, attrs: object): tf.Tensor[] {
  const outputs = tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attrs as tf.NamedAttrMap);
  tf.dispose(inputs);
  return [outputs].flat() as tf.Tensor[];
}

/** The numbers of tensors, which are freed. */
export async function valuesOf(tensors: readonly tf.Tensor[]): Promise<Float32Array[]> {
  const values = await Promise.all(tensors.map(async (tensor) => (await tensor.data()) as Float32Array));
  tf.dispose([...tensors]);
  return values;
}

/** Result of `compute` on `backend`, as plain numbers; `wasm` is current afterwards. `compute` creates its inputs. */
export async function valuesOn(backend: "cpu" | "wasm", compute: () => tf.Tensor): Promise<Float32Array> {
  await tf.setBackend(backend);
  const [values] = await valuesOf([tf.tidy(compute)]);
  await tf.setBackend("wasm");
  return values!;
}

/** A tensor's numbers and shape, to be made on one backend or another. */
export interface Plain {
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** {@link noise} of a shape. */
export function plain(shape: readonly number[], seed: number): Plain {
  return { values: noise(tf.util.sizeFromShape([...shape]), seed), shape };
}

/** Values for {@link spoil}. */
export const NOT_FINITE: readonly number[] = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** The same inputs with `bad` in the place of one number of one of them, if that has any. */
export function spoil(inputs: readonly Plain[], which: number, at: number, bad: number): Plain[] {
  return inputs.map(({ values, shape }, i) => {
    const copy = values.slice();
    if (i === which % inputs.length && copy.length > 0) copy[at % copy.length] = bad;
    return { values: copy, shape };
  });
}

/**
 * Largest mixed error of an op's value and gradients on `backend`, where the op finds its kernels, against `cpu`, where
 * it takes its composite form; `backend` is current afterwards.
 *
 * @param inputs - The op's, and last the gradient of its value.
 * @param options - `keepsInfinities: false` takes NaN and an infinity for the same.
 */
export async function differenceFromCpu(
  backend: "tensorflow" | "wasm" | "webgpu",
  op: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly Plain[],
  options: { readonly keepsInfinities?: boolean } = {},
): Promise<number> {
  const on = async (name: string): Promise<Float32Array[]> => {
    await tf.setBackend(name);
    const outputs = tf.tidy(() => {
      const tensors = inputs.map(({ values, shape }) => tf.tensor(values, [...shape]));
      const dy = tensors.pop()!;
      const { value, grads } = tf.valueAndGrads(op)(tensors, dy);
      return [value, ...grads];
    });
    return valuesOf(outputs);
  };
  const expected = await on("cpu");
  const actual = await on(backend);
  return Math.max(...actual.map((values, i) => differenceOf(values, expected[i]!, options)));
}

/** Largest mixed error; `keepsInfinities: false` takes NaN and an infinity for the same. */
export function differenceOf(
  actual: Float32Array,
  expected: Float32Array,
  { keepsInfinities = true }: { readonly keepsInfinities?: boolean },
): number {
  const finiteOrNaN = (x: Float32Array) => x.map((value) => (Number.isFinite(value) ? value : Number.NaN));
  return keepsInfinities
    ? largestMixedError(actual, expected)
    : largestMixedError(finiteOrNaN(actual), finiteOrNaN(expected));
}

/** Runs `compute` without these kernels of `wasm`. */
export function withoutKernels<T>(names: readonly string[], compute: () => T): T {
  const kernels = names.map((name) => tf.getKernel(name, "wasm"));
  for (const name of names) tf.unregisterKernel(name, "wasm");
  try {
    return compute();
  } finally {
    for (const kernel of kernels) tf.registerKernel(kernel);
  }
}
