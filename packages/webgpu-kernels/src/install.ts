import { type InstalledKernels, installKernels, type StepCapture } from "kernel-contract";
import { type Checks, oneOf, optional, requireOptions } from "known-options";
import { captureStep } from "./capture/capture-step.ts";
import { Context, type Settings } from "./context.ts";
import { currentWebGpuBackend, type WebGpuBackend } from "./host.ts";
import { kernels } from "./kernels/index.ts";
import { PRECISIONS, type Precision } from "./precision.ts";

/** Options of {@link installWebGpuKernels}. */
export interface WebGpuKernelOptions {
  /** What matrix products are computed in. Default: as it is, and `"float32"` at first. */
  readonly precision?: Precision;
}

const CHECKS: Checks<WebGpuKernelOptions> = { precision: optional(oneOf(...PRECISIONS)) };

/** Settings of the kernels that are installed. */
let settings: Settings = { precision: "float32" };

/**
 * Registers training kernels for tfjs' WebGPU backend, in place of its own, and `captureStep` for those who run steps again and again,
 * such as `fit`.
 *
 * Idempotent: a second call returns what the first returned. Tensors made before and after work with both. Shaders are
 * compiled when they first run.
 *
 * With `precision: "mixed_float16"` products of float32 matrices (`matMul`, `Linear`, `ResidualBranch` and their gradients) round their
 * operands to half precision and add up at most 16 products in it; all else, tensors included, is float32. A power of two
 * for each operand of a workgroup keeps small gradients, so the loss needs no scaling. A later call may change it, but not in a step that
 * `captureStep` recorded before.
 *
 * @returns What was installed, and how to uninstall it.
 * @throws Error if the current backend is not `webgpu`, tfjs is not 4.22, the backend is not built as expected, or the device
 * lacks the feature `shader-f16` that `"mixed_float16"` needs; tfjs is then as it was. TypeError or RangeError for an
 * unknown option or precision.
 *
 * @example
 * ```ts norun
 * await tf.setBackend("webgpu");
 * await tf.ready();
 * const { replaced, added } = installWebGpuKernels({ precision: "mixed_float16" });
 * console.log(replaced.includes("Sum"), added.includes("Attention")); // true true
 * ```
 */
export function installWebGpuKernels(options: WebGpuKernelOptions = {}): InstalledKernels {
  const { precision } = requireOptions("installWebGpuKernels", options, CHECKS);
  if (precision === "mixed_float16") requireHalf(currentWebGpuBackend());
  const installed = installKernels("webgpu", kernels, () => {
    const backend = currentWebGpuBackend();
    const own: Settings = { precision: "float32" };
    settings = own;
    const open = (running: WebGpuBackend) => new Context(running, own);
    const capture: StepCapture = Object.assign(captureStep.bind(undefined), { setting: () => own.precision });
    return { backend, open, about: {}, capture };
  });
  if (precision !== undefined) settings.precision = precision;
  return installed;
}

function requireHalf({ device }: WebGpuBackend): void {
  if (device.features.has("shader-f16")) return;
  throw new Error(
    'installWebGpuKernels: precision "mixed_float16" needs the device\'s feature shader-f16, which it does not have ' +
      "or was not asked for; startBackend of tfjs-backends asks for it where the adapter has it",
  );
}
