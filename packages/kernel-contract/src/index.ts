// Ops: a kernel where the backend has one, a gradient of their own.
export { customOp, type Forward, withGradient } from "./custom-op.ts";
export { hasKernel, runKernel } from "./run-kernel.ts";

// Recording a step, to run it again.

export {
  type RunnableStep,
  registerStepCapture,
  type StepCapture,
  type StepInputSpec,
  type StepInputs,
  type StepOutputs,
  stepCapture,
} from "./step-capture.ts";
export {
  type HostNumber,
  type LastingTensor,
  numberNow,
  recordedBy,
  type StepRecorder,
  stepRecorder,
} from "./step-recorder.ts";

// The contract: each op's name, inputs, attributes and outputs.

export { type AttentionSides, attentionSides } from "./attention-sides.ts";
export type {
  AdamWAttributes,
  AdamWNumbers,
  AttentionAttributes,
  AttributesOf,
  BranchAttributes,
  InputsOf,
  KernelName,
  KernelSpec,
  Kernels,
  KeyedMaskAttributes,
  OutputsOf,
  TfjsKernels,
} from "./kernels.ts";
export { requireFloat32 } from "./require-float32.ts";
export { rowsOf, sizeOf } from "./size-of.ts";

// Kernels: definition, registration, context.

export { defineKernel, type Kernel, replaceKernel } from "./define-kernel.ts";
export { type InstalledKernels, installKernels } from "./install-kernels.ts";
export { KernelContext, type SharingBackend } from "./kernel-context.ts";
export { type KernelToRegister, type RegisteredKernels, registerKernels } from "./register-kernels.ts";
