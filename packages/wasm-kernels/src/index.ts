export { type InstalledWasmKernels, type InstallOptions, installWasmKernels } from "./install.ts";
export type { Build } from "./side-module.ts";
