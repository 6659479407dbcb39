import { type InstalledKernels, installKernels } from "kernel-contract";
import { Context } from "./context.ts";
import { currentWebGpuBackend, type WebGpuBackend } from "./host.ts";
import { kernels } from "./kernels/index.ts";

/**
 * Registers training kernels for tfjs' WebGPU backend, in place of its own.
 *
 * Idempotent: a second call returns what the first returned. Tensors made before and after work with both. Shaders are
 * compiled when they first run.
 *
 * @returns What was installed, and how to uninstall it.
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
  return installKernels("webgpu", kernels, () => ({
    backend: currentWebGpuBackend(),
    open: (running: WebGpuBackend) => new Context(running),
    about: {},
  }));
}
