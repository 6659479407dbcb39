import { type BackendChoice, type StartedBackend, startBackend } from "tfjs-backends";
import type { Precision } from "webgpu-kernels";
import { UsageError } from "./usage-error.ts";

/** What a model is computed by. */
export interface ComputedBy {
  readonly backend: BackendChoice;
  /** What matrix products are computed in; all but `float32` needs WebGPU. */
  readonly precision: Precision;
}

/**
 * Starts the backend that was asked for, in the precision that was asked for, whatever the process has computed in before.
 *
 * @throws UsageError naming `--precision` if the backend is another than WebGPU, or its device has no half precision.
 */
export async function startChosenBackend({ backend, precision }: ComputedBy): Promise<StartedBackend> {
  const isHalf = precision !== "float32";
  if (isHalf && backend !== "auto") requireWebGpu(backend);
  const started = await startBackend(backend);
  if (isHalf) requireWebGpu(started.name);
  if (started.name !== "webgpu") return started;
  const { installWebGpuKernels } = await import("webgpu-kernels"); // it needs tfjs' WebGPU, which may not be installed
  try {
    installWebGpuKernels({ precision });
  } catch (error) {
    throw isHalf ? new UsageError(`--precision: ${(error as Error).message}`) : error;
  }
  return isHalf ? { ...started, detail: `${started.detail}, products in half precision` } : started;
}

function requireWebGpu(backend: string): void {
  if (backend === "webgpu") return;
  throw new UsageError(
    `--precision: expected --backend webgpu with mixed_float16, got the backend ${backend}; --precision float32 is for all`,
  );
}
