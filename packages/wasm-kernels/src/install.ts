import * as tf from "@tensorflow/tfjs-core";
import { registerKernels } from "kernel-contract";
import { type Checks, oneOf, optional, requireOptions } from "known-options";
import { Context } from "./context.ts";
import { currentWasmBackend, type WasmBackend } from "./host.ts";
import { kernels } from "./kernels/index.ts";
import { type Build, bestBuild } from "./side-module.ts";

/** What `installWasmKernels` did. */
export interface InstalledKernels {
  /** `"relaxed-simd"` where the engine has fused multiply-add, else `"simd"`. */
  readonly build: Build;
  /** Names of the operations that tfjs' WASM backend had and that now run here. */
  readonly replaced: readonly string[];
  /** Names of the operations that tfjs' WASM backend did not have. */
  readonly added: readonly string[];
  /** Puts tfjs back as it was and frees what the kernels hold. Calling it again does nothing. */
  uninstall(): void;
}

/** Options of `installWasmKernels`. */
export interface InstallOptions {
  /** Asks for one build instead of the best that the engine runs: for tests and benchmarks. */
  readonly build?: Build;
}

const CHECKS: Checks<InstallOptions> = { build: optional(oneOf("simd", "relaxed-simd")) };

let installed: InstalledKernels | undefined;

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
export function installWasmKernels(options: InstallOptions = {}): InstalledKernels {
  requireOptions("installWasmKernels", options, CHECKS);
  if (installed) return installed;
  const backend = currentWasmBackend();
  const build = options.build ?? bestBuild();
  let context = new Context(backend, build);
  // A backend that was removed and started again has a new heap.
  const contextOf = (current: WasmBackend): Context => {
    if (context.backend !== current) {
      context.dispose();
      context = new Context(current, build);
    }
    return context;
  };

  const gradients = kernels.flatMap(({ name, gradient }) =>
    gradient && !tf.getGradient(name) ? [gradient] : [],
  );
  for (const gradient of gradients) tf.registerGradient(gradient);
  const { replaced, added, unregister } = registerKernels(
    "wasm",
    kernels.map(({ name, run }) => ({
      name,
      run: ({ inputs, attrs, backend }, stock) => {
        const context = contextOf(backend as WasmBackend);
        return context.attempt(() => run(context, inputs as tf.NamedTensorInfoMap, attrs ?? {}, stock));
      },
    })),
  );
  const result: InstalledKernels = {
    build,
    replaced,
    added,
    uninstall() {
      if (installed !== result) return;
      installed = undefined;
      unregister();
      for (const { kernelName } of gradients) tf.unregisterGradient(kernelName);
      context.dispose();
    },
  };
  installed = result;
  return result;
}
