import { type InstalledKernels, installKernels } from "kernel-contract";
import { type Checks, oneOf, optional, requireOptions } from "known-options";
import { Context } from "./context.ts";
import { currentWasmBackend, type WasmBackend } from "./host.ts";
import { kernels } from "./kernels/index.ts";
import { type Build, bestBuild } from "./side-module.ts";

/** What `installWasmKernels` did. */
export interface InstalledWasmKernels extends InstalledKernels {
  /** `"relaxed-simd"` where the engine has fused multiply-add, else `"simd"`. */
  readonly build: Build;
}

/** Options of `installWasmKernels`. */
export interface InstallOptions {
  /** Asks for one build instead of the best that the engine runs: for tests and benchmarks. */
  readonly build?: Build;
}

const CHECKS: Checks<InstallOptions> = { build: optional(oneOf("simd", "relaxed-simd")) };

/**
 * Registers training kernels for tfjs' WASM backend, in the place of its own where it has any.
 *
 * Idempotent: a second call returns what the first returned. Tensors made before and after work with both.
 *
 * @param options - Rarely needed.
 * @returns What was installed, and how to take it out again.
 * @throws Error if the current backend is not `wasm`, tfjs is not 4.22, its memory cannot be reached, or the engine
 * has no WebAssembly SIMD; tfjs is then as it was.
 *
 * @example
 * await tf.setBackend("wasm");
 * await tf.ready();
 * const { build, replaced } = installWasmKernels();
 * console.log(build, replaced.includes("BatchMatMul")); // "simd" true
 */
export function installWasmKernels(options: InstallOptions = {}): InstalledWasmKernels {
  requireOptions("installWasmKernels", options, CHECKS);
  return installKernels("wasm", kernels, () => {
    const backend = currentWasmBackend();
    const build = options.build ?? bestBuild();
    return { backend, open: (running: WasmBackend) => new Context(running, build), about: { build } };
  });
}
