import { readFileSync } from "node:fs";
import type * as tf from "@tensorflow/tfjs-core";
import { bytesSource, openSafetensors } from "safetensors-io";

/** A file of `fixtures/`. */
export function fixture(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(fixtureUrl(name)));
}

export function fixtureUrl(name: string): URL {
  return new URL(`../fixtures/${name}`, import.meta.url);
}

/** All tensors of a safetensors file. */
export async function tensorsOf(
  bytes: Uint8Array,
): Promise<Map<string, { readonly shape: number[]; readonly data: Float32Array }>> {
  const file = await openSafetensors(bytesSource(bytes));
  const tensors = new Map();
  for (const { name, shape } of file.tensors.values()) {
    tensors.set(name, { shape, data: await file.read(name) });
  }
  return tensors;
}

/** Largest difference. */
export function difference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (actual.length !== expected.length) {
    throw new RangeError(`difference: expected ${expected.length} numbers, got ${actual.length}`);
  }
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const one = Math.abs(actual[i]! - expected[i]!);
    if (!(one <= largest)) largest = one; // NaN too
  }
  return largest;
}

/** Logits of all heads, one after the other. */
export function flatLogits(outputs: tf.Tensor | tf.Tensor[]): number[] {
  return [outputs].flat().flatMap((output) => [...output.dataSync()]);
}
