export { installTensorFlowKernels } from "./install.ts";
