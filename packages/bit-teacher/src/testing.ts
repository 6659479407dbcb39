import { readFileSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { bytesSource, openSafetensors } from "safetensors-io";

/** For tests: numbers around 0 of deviation 1, the same for equal seeds. */
export function noise(shape: number[], seed: number): tf.Tensor {
  return tf.randomNormal(shape, 0, 1, "float32", seed);
}

/** For tests: the largest difference between two forms of an op, of values and of gradients. */
export function largestDifference(
  f: (...inputs: tf.Tensor[]) => tf.Tensor,
  g: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: tf.Tensor[],
): number {
  const all = (form: typeof f) => {
    const y = form(...inputs);
    return [y, ...tf.grads(form)(inputs, noise(y.shape, 99))];
  };
  const expected = all(g);
  const errors = all(f).map((x, i) => tf.max(tf.abs(tf.sub(x, expected[i]!))).dataSync()[0]!);
  return errors.some(Number.isNaN) ? Number.NaN : Math.max(...errors);
}

/** For tests: runs `compute` with these kernels taken out of the registry of `wasm`. */
export function withoutKernels<T>(names: readonly string[], compute: () => T): T {
  const kernels = names.map((name) => tf.getKernel(name, "wasm"));
  for (const name of names) tf.unregisterKernel(name, "wasm");
  try {
    return compute();
  } finally {
    for (const kernel of kernels) tf.registerKernel(kernel);
  }
}

/** For tests: what `fixtures/hashed.py` computes, numbers in [-0.5, 0.5) by name and place. */
export function hashed(name: string, length: number): Float32Array {
  const seed = crc32(new TextEncoder().encode(name));
  return Float32Array.from({ length }, (_, i) => {
    let h = (Math.imul(i, 0x9e3779b1) + seed) >>> 0;
    h = Math.imul(h ^ (h >>> 15), 0x85ebca77) >>> 0;
    h = (h ^ (h >>> 13)) >>> 0;
    return h / 2 ** 32 - 0.5;
  });
}

function crc32(bytes: Uint8Array): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

/** For tests: a fixture's bytes. */
export function fixture(name: string): Uint8Array {
  return readFileSync(new URL(`../fixtures/${name}`, import.meta.url));
}

/** For tests: all tensors of a safetensors fixture. */
export async function tensorsOf(name: string): Promise<Map<string, { shape: number[]; data: Float32Array }>> {
  const file = await openSafetensors(bytesSource(fixture(name), name));
  const tensors = new Map<string, { shape: number[]; data: Float32Array }>();
  for (const { name: tensor, shape } of file.tensors.values()) {
    tensors.set(tensor, { shape: [...shape], data: (await file.read(tensor)) as Float32Array });
  }
  return tensors;
}
