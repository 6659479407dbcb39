import * as tf from "@tensorflow/tfjs-core";

/** A kernel that {@link registerKernels} registers. */
export interface KernelToRegister {
  /** Name of the operation. */
  readonly name: string;
  /**
   * Runs it.
   *
   * @param params - As tfjs gives them: inputs, attributes, backend.
   * @param stock - Runs the backend's own kernel of that name, on the same inputs unless it is given others. Throws where
   * it has none.
   */
  run(
    params: Parameters<tf.KernelFunc>[0],
    stock: (inputs?: tf.NamedTensorInfoMap) => ReturnType<tf.KernelFunc>,
  ): ReturnType<tf.KernelFunc>;
}

/** What {@link registerKernels} did. */
export interface RegisteredKernels {
  /** Names of the operations that the backend had and that now run here. */
  readonly replaced: readonly string[];
  /** Names of the operations that the backend did not have. */
  readonly added: readonly string[];
  /** Puts the backend's own kernels back. Calling it again does nothing. */
  unregister(): void;
}

/**
 * Registers kernels for a backend, in the place of its own where it has any, until they are taken off again.
 *
 * @param backendName - As tfjs calls it. It need not be the current one.
 *
 * @example
 * const add: KernelToRegister = { name: "Add", run: (_, stock) => stock() };
 * const { replaced, unregister } = registerKernels("cpu", [add]);
 * console.log(replaced); // ["Add"]
 * unregister();
 */
export function registerKernels(
  backendName: string,
  kernels: readonly KernelToRegister[],
): RegisteredKernels {
  const stock = new Map<string, tf.KernelConfig>();
  for (const { name, run } of kernels) {
    const own = tf.getKernel(name, backendName);
    if (own) {
      stock.set(name, own);
      tf.unregisterKernel(name, backendName);
    }
    const kernelFunc: tf.KernelFunc = (params) =>
      run(params, (inputs = params.inputs) => {
        if (!own)
          throw new Error(`${name}: backend '${backendName}' has no kernel of its own for these inputs`);
        return own.kernelFunc({ ...params, inputs });
      });
    tf.registerKernel({ kernelName: name, backendName, kernelFunc });
  }
  const names = kernels.map(({ name }) => name);
  let isRegistered = true;
  return {
    replaced: names.filter((name) => stock.has(name)),
    added: names.filter((name) => !stock.has(name)),
    unregister() {
      if (!isRegistered) return;
      isRegistered = false;
      for (const name of names) {
        tf.unregisterKernel(name, backendName);
        const own = stock.get(name);
        if (own) tf.registerKernel(own);
      }
    },
  };
}
