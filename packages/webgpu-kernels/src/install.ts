import * as tf from "@tensorflow/tfjs-core";
import { Context } from "./context.ts";
import { currentWebGpuBackend, type WebGpuBackend } from "./host.ts";
import type { Kernel } from "./kernel.ts";
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
 * await tf.setBackend("webgpu");
 * await tf.ready();
 * const { replaced, added } = installWebGpuKernels();
 * console.log(replaced.includes("Sum"), added.includes("Attention")); // true true
 */
export function installWebGpuKernels(): InstalledKernels {
  if (installed) return installed;
  let context = new Context(currentWebGpuBackend());
  // A backend that was removed and started again has a new device.
  const contextOf = (current: WebGpuBackend): Context => {
    if (context.backend !== current) context = new Context(current);
    return context;
  };

  const stock = new Map<string, tf.KernelConfig>();
  for (const kernel of kernels) {
    const config = tf.getKernel(kernel.name, "webgpu");
    if (config) {
      stock.set(kernel.name, config);
      tf.unregisterKernel(kernel.name, "webgpu");
    }
    tf.registerKernel({
      kernelName: kernel.name,
      backendName: "webgpu",
      kernelFunc: asKernelFunc(kernel, contextOf, config),
    });
  }

  const names = kernels.map(({ name }) => name);
  const result: InstalledKernels = {
    replaced: names.filter((name) => stock.has(name)),
    added: names.filter((name) => !stock.has(name)),
    uninstall() {
      if (installed !== result) return;
      installed = undefined;
      for (const name of names) {
        tf.unregisterKernel(name, "webgpu");
        const config = stock.get(name);
        if (config) tf.registerKernel(config);
      }
    },
  };
  installed = result;
  return result;
}

function asKernelFunc(
  kernel: Kernel,
  contextOf: (backend: WebGpuBackend) => Context,
  stock: tf.KernelConfig | undefined,
): tf.KernelFunc {
  return (params) => {
    const { inputs, attrs, backend } = params;
    const runStock = () => {
      if (!stock)
        throw new Error(`${kernel.name}: tfjs' WebGPU backend has no kernel of its own for these inputs`);
      return stock.kernelFunc(params);
    };
    const context = contextOf(backend as WebGpuBackend);
    return context.attempt(() => kernel.run(context, inputs as tf.NamedTensorInfoMap, attrs ?? {}, runStock));
  };
}
