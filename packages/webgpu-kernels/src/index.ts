export { type InstalledKernels, installWebGpuKernels } from "./install.ts";
