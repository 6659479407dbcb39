import type * as tf from "@tensorflow/tfjs-core";
import { KernelContext } from "kernel-contract";
import { guardHeap } from "./heap.ts";
import { memoryOf, type WasmBackend } from "./host.ts";
import { type CFunctions, link } from "./side-module.ts";

/** Bytes of a float32, and how many of these a float64 takes. */
export const FLOAT_BYTES = 4;
export const DOUBLE = 2;

/** The kernels' side of one running backend: the C functions in its memory, and their scratch memory. */
export class Context extends KernelContext<WasmBackend> {
  /** The C functions; addresses are byte offsets into tfjs' heap. */
  readonly c: CFunctions;
  readonly #stack: number;
  readonly #gemmBytes: number;
  #gemmScratch = 0;
  #scratch = 0;
  #scratchBytes = 0;
  readonly #unguard: () => void;

  constructor(backend: WasmBackend, module: WebAssembly.Module) {
    super(backend);
    this.#unguard = guardHeap(backend);
    try {
      const { functions, stack } = link(module, memoryOf(backend), (bytes) => this.#allocate(bytes));
      this.c = functions;
      this.#stack = stack;
      this.#gemmBytes = functions.gemm_scratch() * FLOAT_BYTES;
    } catch (error) {
      this.#unguard();
      throw error;
    }
  }

  /** Address of a tensor's elements. */
  pointer(tensor: tf.TensorInfo): number {
    return this.backend.dataIdMap.get(tensor.dataId).memoryOffset;
  }

  /** Address of a tensor's elements, or 0 for none. */
  pointerOrNull(tensor: tf.TensorInfo | undefined | null): number {
    return tensor ? this.pointer(tensor) : 0;
  }

  /** A new tensor, its elements not set. */
  output(shape: readonly number[], dtype: tf.DataType = "float32"): tf.TensorInfo {
    return this.made(this.backend.makeOutput([...shape], dtype));
  }

  /** Scratch memory for `gemm`, the same block always. */
  gemmScratch(): number {
    if (this.#gemmScratch === 0) this.#gemmScratch = this.#allocate(this.#gemmBytes);
    return this.#gemmScratch;
  }

  /** At least `floats` floats of scratch memory beside `gemmScratch`, valid until the next call. */
  scratch(floats: number): number {
    const bytes = Math.max(16, floats * FLOAT_BYTES);
    if (bytes > this.#scratchBytes) {
      this.#free(this.#scratch);
      this.#scratch = 0;
      this.#scratchBytes = 0;
      this.#scratch = this.#allocate(bytes);
      this.#scratchBytes = bytes;
    }
    return this.#scratch;
  }

  /** The heap. The view is valid until memory is allocated. */
  bytes(): Uint8Array {
    return new Uint8Array(memoryOf(this.backend).buffer);
  }

  /** Writes 32-bit integers to scratch memory at `address`. */
  writeInts(address: number, values: readonly number[]): void {
    new Int32Array(memoryOf(this.backend).buffer, address, values.length).set(values);
  }

  /** Writes float32 numbers to scratch memory at `address`. */
  writeFloats(address: number, values: readonly number[]): void {
    new Float32Array(memoryOf(this.backend).buffer, address, values.length).set(values);
  }

  /** Frees what the context holds in tfjs' heap and takes its guard off. */
  override dispose(): void {
    // A backend that tfjs has disposed took its heap with it.
    if (this.backend.wasm) {
      this.#free(this.#scratch);
      this.#free(this.#gemmScratch);
      this.#free(this.#stack);
    }
    this.#unguard();
  }

  #allocate(bytes: number): number {
    return this.backend.wasm._malloc(bytes) >>> 0;
  }

  #free(pointer: number): void {
    if (pointer !== 0) this.backend.wasm._free(pointer);
  }
}
