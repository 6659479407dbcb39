import type * as tf from "@tensorflow/tfjs-core";
import { registerKernels } from "kernel-contract";
import { Context } from "./context.ts";
import { currentWebGpuBackend, type WebGpuBackend } from "./host.ts";
import { kernels } from "./kernels/index.ts";

/** What `installWebGpuKernels` did. */
export interface InstalledKernels {
  /** Names of the operations that tfjs' WebGPU backend had and that now run here. */
  readonly replaced: readonly string[];
  /** Names of the operations that tfjs' WebGPU backend did not have. */
  readonly added: readonly string[];
  /** Puts tfjs back as it was. Calling it again does nothing. */
  uninstall(): void;
}

let installed: InstalledKernels | undefined;

/**
 * Registers training kernels for tfjs' WebGPU backend, in the place of its own where it has any.
 *
 * Idempotent: a second call returns what the first returned. Tensors made before and after work with both. Shaders are
 * compiled when they first run.
 *
 * @returns What was installed, and how to take it out again.
 * @throws Error if the current backend is not `webgpu`, tfjs is not 4.22, or the backend is not built as expected; tfjs
 * is then as it was.
 *
 * @example
 * ```ts norun
 * await tf.setBackend("webgpu");
 * await tf.ready();
 * const { replaced, added } = installWebGpuKernels();
 * console.log(replaced.includes("Sum"), added.includes("Attention")); // true true
 * ```
 */
export function installWebGpuKernels(): InstalledKernels {
  if (installed) return installed;
  let context = new Context(currentWebGpuBackend());
  // A backend that was removed and started again has a new device.
  const contextOf = (current: WebGpuBackend): Context => {
    if (context.backend !== current) context = new Context(current);
    return context;
  };

  const { replaced, added, unregister } = registerKernels(
    "webgpu",
    kernels.map(({ name, run }) => ({
      name,
      run: ({ inputs, attrs, backend }, stock) => {
        const context = contextOf(backend as WebGpuBackend);
        return context.attempt(() => run(context, inputs as tf.NamedTensorInfoMap, attrs ?? {}, stock));
      },
    })),
  );
  const result: InstalledKernels = {
    replaced,
    added,
    uninstall() {
      if (installed !== result) return;
      installed = undefined;
      unregister();
    },
  };
  installed = result;
  return result;
}
