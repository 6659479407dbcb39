import * as tf from "@tensorflow/tfjs-core";
import type { Kernel } from "./define-kernel.ts";
import type { KernelContext, SharingBackend } from "./kernel-context.ts";
import { registerKernels } from "./register-kernels.ts";

/** What a package's kernels did to tfjs. */
export interface InstalledKernels {
  /** Names of the ops that tfjs' backend had and that now run these kernels. */
  readonly replaced: readonly string[];
  /** Names of the ops that tfjs' backend did not have. */
  readonly added: readonly string[];
  /** Puts tfjs back as it was and frees what the kernels hold. Calling it again does nothing. */
  uninstall(): void;
}

const installed = new Map<string, InstalledKernels>();

/**
 * Registers a package's kernels for a backend, in the place of its own where it has any.
 *
 * Idempotent: a second call returns what the first returned.
 *
 * @param start - Called where nothing is installed yet: the running backend, how to open a context on it (called again for
 * a backend that was removed and started anew), and what else to return. Throws where the kernels cannot run.
 */
export function installKernels<
  Backend extends SharingBackend,
  Context extends KernelContext<Backend>,
  About extends object,
>(
  backendName: string,
  kernels: readonly Kernel<Context>[],
  start: () => { backend: Backend; open: (backend: Backend) => Context; about: About },
): InstalledKernels & About {
  const known = installed.get(backendName);
  if (known) return known as InstalledKernels & About;
  const { backend, open, about } = start();
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
  const result = {
    ...about,
    replaced,
    added,
    uninstall() {
      if (installed.get(backendName) !== result) return;
      installed.delete(backendName);
      unregister();
      for (const { kernelName } of gradients) tf.unregisterGradient(kernelName);
      context.dispose();
    },
  };
  installed.set(backendName, result);
  return result;
}
