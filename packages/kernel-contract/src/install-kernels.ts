import * as tf from "@tensorflow/tfjs-core";
import type { Kernel } from "./define-kernel.ts";
import type { KernelContext, SharingBackend } from "./kernel-context.ts";
import { registerKernels } from "./register-kernels.ts";
import { registerStepCapture, type StepCapture } from "./step-capture.ts";

/** Result of installing a package's kernels. */
export interface InstalledKernels {
  /** Names of the ops whose own kernels these replace. */
  readonly replaced: readonly string[];
  /** Names of the ops that tfjs' backend has no kernel for. */
  readonly added: readonly string[];
  /** Restores tfjs and frees the kernels' memory. Further calls do nothing. */
  uninstall(): void;
}

const installed = new Map<string, InstalledKernels>();

/**
 * Registers a package's kernels for a backend in place of its own.
 *
 * Idempotent: a second call returns what the first returned.
 *
 * @param start - Called if nothing is installed yet. Returns the running backend, a function that opens a context on it (called
 * again for a backend that was removed and restarted), further properties of the result, and what captures steps, if the package can.
 * Throws if the kernels cannot run.
 */
export function installKernels<
  Backend extends SharingBackend,
  Context extends KernelContext<Backend>,
  About extends object,
>(
  backendName: string,
  kernels: readonly Kernel<Context>[],
  start: () => {
    backend: Backend;
    open: (backend: Backend) => Context;
    about: About;
    capture?: StepCapture;
  },
): InstalledKernels & About {
  const known = installed.get(backendName);
  if (known) return known as InstalledKernels & About;
  const { backend, open, about, capture } = start();
  let context = open(backend);
  const contextOf = (current: Backend): Context => {
    if (context.backend !== current) {
      context.dispose();
      context = open(current);
    }
    return context;
  };

  const gradients = kernels.flatMap(({ name, gradient }) =>
    gradient && !tf.getGradient(name) ? [gradient] : [],
  );
  for (const gradient of gradients) tf.registerGradient(gradient);
  const { replaced, added, unregister } = registerKernels(
    backendName,
    kernels.map(({ name, run }) => ({
      name,
      run: (params, own) => {
        const current = contextOf(params.backend as Backend);
        return current.attempt(() => run(current, params, own));
      },
    })),
  );
  const withdraw = capture && registerStepCapture(backendName, capture);
  const result = {
    ...about,
    replaced,
    added,
    uninstall() {
      if (installed.get(backendName) !== result) return;
      installed.delete(backendName);
      unregister();
      withdraw?.();
      for (const { kernelName } of gradients) tf.unregisterGradient(kernelName);
      context.dispose();
    },
  };
  installed.set(backendName, result);
  return result;
}
