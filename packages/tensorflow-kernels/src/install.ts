import { type InstalledKernels, installKernels } from "kernel-contract";
import { Context } from "./context.ts";
import { currentTensorFlowBackend, type NodeBackend } from "./host.ts";
import { kernels } from "./kernels/index.ts";

/**
 * Registers training kernels for tfjs-node's backend, made of TensorFlow's operations.
 *
 * Idempotent: a second call returns what the first returned. Tensors made before and after work with both.
 *
 * @returns What was installed, and how to uninstall it.
 * @throws Error if the current backend is not `tensorflow`, tfjs is not 4.22, or the backend is not built as expected; tfjs
 * is then as it was.
 *
 * @example
 * if (tf.getBackend() === "tensorflow") {
 *   const { added } = installTensorFlowKernels();
 *   console.log(added.includes("Attention"));
 * }
 */
export function installTensorFlowKernels(): InstalledKernels {
  return installKernels("tensorflow", kernels, () => ({
    backend: currentTensorFlowBackend(),
    open: (running: NodeBackend) => new Context(running),
    about: {},
  }));
}
