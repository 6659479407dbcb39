import { base64 } from "./module.generated.ts";

/** Functions of bfloat16.c: `from`, `to` are addresses. */
interface Module {
  readonly memory: WebAssembly.Memory;
  round_to_bfloat16(from: number, to: number, count: number): void;
  widen_bfloat16(from: number, to: number, count: number): void;
  add_bfloat16(from: number, to: number, count: number): void;
}

const PAGE = 65_536;
/** Numbers that are copied into the module's memory, or out of it, at a time: few enough to stay in a core's cache. */
const CHUNK = 16_384;
/** Where they are; the module has the first page for itself. */
const STAGING = PAGE;

/** Bytes of the memory that are in use already. */
const TAKEN = STAGING + 4 * CHUNK;

/**
 * Conversions between float32 and bfloat16, its upper 16 bits, in the memory of a WASM module. They round to the nearest, of two to the
 * even one. NaN stays NaN, infinities stay; numbers above 3.3895e38 become infinite.
 */
export class Bfloat16 {
  private readonly module: Module;

  constructor() {
    const module = new WebAssembly.Module(Buffer.from(base64, "base64"));
    this.module = new WebAssembly.Instance(module).exports as unknown as Module;
  }

  /**
   * Reserves memory in place of what was reserved before, whose views end.
   *
   * @returns The whole memory, and the address from which on the bytes are free.
   */
  reserve(bytes: number): { readonly memory: ArrayBuffer; readonly at: number } {
    const { memory } = this.module;
    const missing = TAKEN + bytes - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    return { memory: memory.buffer, at: TAKEN };
  }

  /** Rounds numbers from anywhere to bfloat16 at an address. */
  round(values: Float32Array, to: number): void {
    const staging = this.staging();
    for (let at = 0; at < values.length; at += CHUNK) {
      const part = values.subarray(at, at + CHUNK);
      staging.set(part);
      this.module.round_to_bfloat16(STAGING, to + 2 * at, part.length);
    }
  }

  /** Writes bfloat16 numbers at an address to float32 ones anywhere. */
  widen(from: number, values: Float32Array): void {
    const staging = this.staging();
    for (let at = 0; at < values.length; at += CHUNK) {
      const count = Math.min(CHUNK, values.length - at);
      this.module.widen_bfloat16(from + 2 * at, STAGING, count);
      values.set(staging.subarray(0, count), at);
    }
  }

  /** Writes bfloat16 numbers at an address to float32 sums at another one, to which others are added. */
  begin(from: number, sums: number, count: number): void {
    this.module.widen_bfloat16(from, sums, count);
  }

  /** Adds bfloat16 numbers at an address to float32 sums at another one. */
  add(from: number, sums: number, count: number): void {
    this.module.add_bfloat16(from, sums, count);
  }

  /** Rounds float32 sums at an address to bfloat16 at another one. */
  roundSums(sums: number, to: number, count: number): void {
    this.module.round_to_bfloat16(sums, to, count);
  }

  private staging(): Float32Array {
    return new Float32Array(this.module.memory.buffer, STAGING, CHUNK);
  }
}
