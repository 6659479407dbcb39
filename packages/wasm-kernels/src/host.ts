import * as tf from "@tensorflow/tfjs-core";
import type { SharingBackend } from "kernel-contract";

/** A tensor's record in tfjs' WASM backend 4.22. */
interface TensorData {
  readonly memoryOffset: number;
}

/** The parts of tfjs' WASM backend 4.22 that this package works with; all of them exist in its published builds. */
export interface WasmBackend extends SharingBackend {
  readonly wasm: {
    _malloc(bytes: number): number;
    _free(pointer: number): void;
    readonly asm?: { readonly memory?: WebAssembly.Memory };
    readonly wasmMemory?: WebAssembly.Memory;
  };
  readonly dataIdMap: { get(dataId: tf.DataId): TensorData };
  makeOutput(shape: number[], dtype: tf.DataType): tf.TensorInfo;
}

/**
 * The running WASM backend.
 *
 * @throws Error if `wasm` is not the current backend, tfjs is not 4.22, or the backend's memory is not reachable.
 */
export function currentWasmBackend(): WasmBackend {
  const name = tf.getBackend();
  if (name !== "wasm") {
    throw new Error(
      `installWasmKernels: expected tfjs' backend to be 'wasm', got '${name}'; ` +
        "await tf.setBackend('wasm') and tf.ready() first",
    );
  }
  if (!/^4\.22\./.test(tf.version_core)) {
    throw new Error(`installWasmKernels: expected @tensorflow/tfjs-core 4.22, got ${tf.version_core}`);
  }
  const backend = tf.backend() as WasmBackend;
  memoryOf(backend);
  return backend;
}

/** The backend's heap. tfjs' single-threaded builds export it; the threaded build imports it and keeps it beside. */
export function memoryOf(backend: WasmBackend): WebAssembly.Memory {
  const memory = backend.wasm?.asm?.memory ?? backend.wasm?.wasmMemory;
  if (!(memory instanceof WebAssembly.Memory) || typeof backend.wasm._malloc !== "function") {
    throw new Error(
      "installWasmKernels: expected the memory of @tensorflow/tfjs-backend-wasm 4.22 at backend.wasm.asm.memory or, of " +
        "its threaded build, at backend.wasm.wasmMemory, found none: this build of the backend is not supported",
    );
  }
  return memory;
}
