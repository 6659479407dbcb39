import { type InstalledKernels, installKernels } from "kernel-contract";
import { type Checks, oneOf, optional, requireOptions } from "known-options";
import { Context } from "./context.ts";
import { currentWasmBackend, memoryOf, type WasmBackend } from "./host.ts";
import { kernels } from "./kernels/index.ts";
import { type Build, bestBuild, compiled, isShared } from "./side-module.ts";
import { type WideModule, wideModule } from "./wide/wide-module.ts";

/** Result of `installWasmKernels`. */
export interface InstalledWasmKernels extends InstalledKernels {
  /** `"relaxed-simd"` where the engine has fused multiply-add, else `"simd"`. */
  readonly build: Build;
  /** Width of the vectors that the kernels compute with. */
  readonly bits: 128 | 256;
  /** Why `bits` is 128, or `undefined`. */
  readonly why: string | undefined;
}

/** Options of `installWasmKernels`. */
export interface InstallOptions {
  /**
   * Whether to compile for 256 bits: `"auto"` where the engine does it right and faster, `"on"` or an error, `"off"` as
   * the environment variable `WASM_KERNELS_WIDE=off` has it. Default `"auto"`.
   */
  readonly wide?: "auto" | "on" | "off";
  /** One of the 128-bit builds instead of the best that the engine runs: for tests and benchmarks. */
  readonly build?: Build;
}

const CHECKS: Checks<InstallOptions> = {
  wide: optional(oneOf("auto", "on", "off")),
  build: optional(oneOf("simd", "relaxed-simd")),
};

/**
 * Registers training kernels for tfjs' WASM backend, in the place of its own where it has any.
 *
 * Idempotent: a second call returns what the first returned. Tensors made before and after work with both.
 *
 * @param options - Rarely needed.
 * @returns What was installed, and how to take it out again.
 * @throws Error if the current backend is not `wasm`, tfjs is not 4.22, its memory cannot be reached, the engine has no
 * WebAssembly SIMD, or `wide` is `"on"` and 256 bits are not to be had; tfjs is then as it was.
 *
 * @example
 * await tf.setBackend("wasm");
 * await tf.ready();
 * const { build, bits, replaced } = installWasmKernels();
 * // simd 128 on Node 20, relaxed-simd 256 on Node 24
 * console.log(build, bits);
 * console.log(replaced.includes("BatchMatMul")); // true
 */
export function installWasmKernels(options: InstallOptions = {}): InstalledWasmKernels {
  requireOptions("installWasmKernels", options, CHECKS);
  return installKernels("wasm", kernels, () => {
    const backend = currentWasmBackend();
    const build = options.build ?? bestBuild();
    const { module: wide, why } = choose(options, isShared(memoryOf(backend)));
    const open = (running: WasmBackend) =>
      new Context(running, wide ?? compiled(build, isShared(memoryOf(running))));
    return { backend, open, about: { build, bits: wide ? 256 : 128, why } as const };
  });
}

function choose({ wide = "auto", build }: InstallOptions, shared: boolean): WideModule {
  const found = narrowed(wide, build, shared) ?? wideModule();
  if (wide === "on" && found.why !== undefined) {
    throw new Error(`installWasmKernels: wide is "on", but ${found.why}`);
  }
  return found;
}

/** Why 256 bits are not tried, or `undefined`. */
function narrowed(wide: string, build: Build | undefined, shared: boolean): { why: string } | undefined {
  if (wide === "off") return { why: 'wide is "off"' };
  if (build !== undefined) return { why: `build is "${build}"` };
  return shared ? { why: "threads share tfjs' memory" } : undefined;
}
