// Ops: a kernel where the backend has one, a gradient of their own.
export { customOp, type Forward, withGradient } from "./custom-op.ts";
// The contract: each op's name, inputs, attributes and outputs.
export type {
  AttributesOf,
  InputsOf,
  KernelName,
  KernelSpec,
  Kernels,
  OutputsOf,
  TfjsKernels,
} from "./kernels.ts";
// Kernels.
export { type KernelToRegister, type RegisteredKernels, registerKernels } from "./register-kernels.ts";
export { hasKernel, runKernel } from "./run-kernel.ts";
