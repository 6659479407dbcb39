export { describeKernels } from "./describe-kernels.ts";
