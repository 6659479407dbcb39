export { customOp, type Forward } from "./custom-op.ts";
export { type KernelToRegister, type RegisteredKernels, registerKernels } from "./register-kernels.ts";
export { type Attributes, hasKernel, type KernelInputs, runKernel } from "./run-kernel.ts";
