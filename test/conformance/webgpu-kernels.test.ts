import { conformance } from "./conformance.ts";

await conformance("webgpu + kernels");
