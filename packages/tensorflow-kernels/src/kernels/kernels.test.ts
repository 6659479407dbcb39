import { describeKernels } from "test-kit/kernel-suite";

await describeKernels("tensorflow");
