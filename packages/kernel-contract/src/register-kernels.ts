import * as tf from "@tensorflow/tfjs-core";

/** A kernel to register. */
export interface KernelToRegister {
  /** Name of the op. */
  readonly name: string;
  /**
   * Runs it.
   *
   * @param params - Inputs, attributes and backend, as tfjs passes them.
   * @param own - Runs the backend's own kernel of that name, on the same inputs unless others are given. Throws if the backend
   * has none.
   */
  run(
    params: Parameters<tf.KernelFunc>[0],
    own: (inputs?: tf.NamedTensorInfoMap) => ReturnType<tf.KernelFunc>,
  ): ReturnType<tf.KernelFunc>;
}

/** Result of {@link registerKernels}. */
export interface RegisteredKernels {
  /** Names of the ops whose own kernels these replace. */
  readonly replaced: readonly string[];
  /** Names of the ops that the backend had no kernel for. */
  readonly added: readonly string[];
  /** Restores the backend's own kernels. Further calls do nothing. */
  unregister(): void;
}

/**
 * Registers kernels for a backend in place of its own, until they are unregistered.
 *
 * @param backendName - tfjs' name of the backend, which need not be the current one.
 *
 * @example
 * const add: KernelToRegister = { name: "Add", run: (_, own) => own() };
 * const { replaced, unregister } = registerKernels("cpu", [add]);
 * console.log(replaced); // ["Add"]
 * unregister();
 */
export function registerKernels(
  backendName: string,
  kernels: readonly KernelToRegister[],
): RegisteredKernels {
  const replaced = new Map<string, tf.KernelConfig>();
  for (const { name, run } of kernels) {
    const own = tf.getKernel(name, backendName);
    if (own) {
      replaced.set(name, own);
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
    replaced: names.filter((name) => replaced.has(name)),
    added: names.filter((name) => !replaced.has(name)),
    unregister() {
      if (!isRegistered) return;
      isRegistered = false;
      for (const name of names) {
        tf.unregisterKernel(name, backendName);
        const own = replaced.get(name);
        if (own) tf.registerKernel(own);
      }
    },
  };
}
