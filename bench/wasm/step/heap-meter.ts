import * as tf from "@tensorflow/tfjs-core";

interface WasmHeap {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
}

/** Bytes that tensors take of tfjs' WASM heap, counted since the meter was made. */
export interface HeapMeter {
  /** Taken now. */
  readonly bytes: number;
  /** Most ever taken. */
  readonly peak: number;
  remove(): void;
}

/**
 * Counts what is taken from tfjs' WASM heap and given back. (`tf.memory()` counts a reshaped tensor twice, though both
 * share one block.)
 */
export function meterHeap(): HeapMeter {
  const { wasm } = tf.backend() as unknown as { wasm: WasmHeap };
  const { _malloc, _free } = wasm;
  const blocks = new Map<number, number>();
  let bytes = 0;
  let peak = 0;
  wasm._malloc = (size) => {
    const pointer = _malloc(size);
    blocks.set(pointer, size);
    bytes += size;
    peak = Math.max(peak, bytes);
    return pointer;
  };
  wasm._free = (pointer) => {
    bytes -= blocks.get(pointer) ?? 0; // blocks from before the meter are not counted
    blocks.delete(pointer);
    _free(pointer);
  };
  return {
    get bytes() {
      return bytes;
    },
    get peak() {
      return peak;
    },
    remove() {
      Object.assign(wasm, { _malloc, _free });
    },
  };
}
