import * as tf from "@tensorflow/tfjs-core";
import { memoryOf, type WasmBackend } from "./host.ts";

const MIB = 1024 * 1024;
const HEAP_LIMIT_MIB = 4096;

/**
 * Makes exhaustion of tfjs' WASM heap an error. tfjs does not check what `malloc` returns, and its kernels
 * would then write at address 0.
 *
 * @returns A function that removes the guard.
 */
export function guardHeap(backend: WasmBackend): () => void {
  const { wasm } = backend;
  // At its first call Emscripten's stub puts the real function in its own place, and would in that of a guard.
  wasm._free(wasm._malloc(1));
  const malloc = wasm._malloc;
  const guarded = (bytes: number): number => {
    const pointer = malloc(bytes);
    if (pointer === 0 && bytes > 0) throw new Error(exhausted(backend, bytes));
    return pointer;
  };
  wasm._malloc = guarded;
  return () => {
    if (wasm._malloc === guarded) wasm._malloc = malloc;
  };
}

function exhausted(backend: WasmBackend, bytes: number): string {
  const { numBytes, numTensors } = tf.memory();
  const heap = memoryOf(backend).buffer.byteLength;
  return (
    `WASM heap exhausted: ${mib(bytes)} MiB requested, ${mib(numBytes)} MiB held by ${numTensors} tensors in a heap of ` +
    `${mib(heap)} MiB that can grow to ${HEAP_LIMIT_MIB} MiB; lower the micro-batch or dispose tensors`
  );
}

function mib(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}
