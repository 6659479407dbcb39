export { installWebGpuKernels } from "./install.ts";
export { type GpuMeter, type GpuWork, meterGpu } from "./meter.ts";
