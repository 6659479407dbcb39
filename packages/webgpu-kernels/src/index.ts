export type { StepInputSpec, StepInputs, StepOutputs } from "kernel-contract";
export { type CaptureOptions, captureStep } from "./capture/capture-step.ts";
export type { CapturedStep } from "./capture/captured-step.ts";
export { installWebGpuKernels, type WebGpuKernelOptions } from "./install.ts";
export { type GpuMeter, type GpuWork, meterGpu } from "./meter.ts";
export type { Precision } from "./precision.ts";
export {
  type TunedKernels,
  type TunedProduct,
  type TuneOptions,
  tuneWebGpuKernels,
} from "./tune/tune-kernels.ts";
