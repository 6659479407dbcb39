import type { CFunction } from "./modules/functions.generated.ts";
import { base64 as relaxedSimd } from "./modules/relaxed-simd.generated.ts";
import { base64 as simd } from "./modules/simd.generated.ts";

/** A build of the kernels in 128-bit instructions: `"relaxed-simd"` has fused multiply-add. */
export type Build = "simd" | "relaxed-simd";

/** The C functions by name. Pointers and sizes are 32-bit integers, the rest float32. */
export type CFunctions = Readonly<Record<CFunction, (...args: number[]) => number>>;

const STACK_BYTES = 64 * 1024;
const modules = new Map<Build, WebAssembly.Module>();

/** The best build that this engine can run. */
export function bestBuild(): Build {
  if (WebAssembly.validate(decode(relaxedSimd))) return "relaxed-simd";
  if (WebAssembly.validate(decode(simd))) return "simd";
  throw new Error(
    "installWasmKernels: expected WebAssembly SIMD, which this JavaScript engine does not have",
  );
}

/** Links a module into `memory`. `stack` is the lowest address of the bytes that it uses as its stack. */
export function link(
  module: WebAssembly.Module,
  memory: WebAssembly.Memory,
  allocate: (bytes: number) => number,
): { functions: CFunctions; stack: number } {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  const stack = allocate(STACK_BYTES);
  // The linker placed the stack at address 0, where tfjs keeps its own data: move it into our block.
  const pointer = exports.__stack_pointer as WebAssembly.Global;
  pointer.value = ((stack + STACK_BYTES) & ~15) | 0;
  return { functions: exports as unknown as CFunctions, stack };
}

/** The module of a build, for a memory that threads share or for one of its own. */
export function compiled(build: Build, shared = false): WebAssembly.Module {
  const known = modules.get(build);
  if (known && !shared) return known;
  const bytes = decode(build === "simd" ? simd : relaxedSimd);
  const module = new WebAssembly.Module(shared ? withSharedMemory(bytes) : bytes);
  if (!shared) modules.set(build, module);
  return module;
}

/** Whether threads share a memory, as they do that of tfjs' threaded build. */
export function isShared(memory: WebAssembly.Memory): boolean {
  return typeof SharedArrayBuffer !== "undefined" && memory.buffer instanceof SharedArrayBuffer;
}

/** The same module with its memory import declared shared: tfjs' threaded build has such a memory. */
export function withSharedMemory(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  // "env" "memory", kind 2 (memory), limits flags 1 (minimum and maximum) → 3 (and shared).
  const entry = [3, ...text("env"), 6, ...text("memory"), 2, 1];
  const at = bytes.findIndex((_, start) => entry.every((byte, i) => bytes[start + i] === byte));
  if (at < 0) throw new Error("installWasmKernels: the side module does not import its memory as expected");
  const shared = bytes.slice();
  shared[at + entry.length - 1] = 3;
  return shared;
}

function text(ascii: string): number[] {
  return [...ascii].map((character) => character.charCodeAt(0));
}

/** Bytes of a module. */
export function decode(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i); // ten times as fast as Uint8Array.from
  return bytes;
}
