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
