import * as tf from "@tensorflow/tfjs-core";
import { takeSwiftShader } from "test-kit/backends";
import { startBackend } from "tfjs-backends";
import { installWasmKernels } from "wasm-kernels";
import { installWebGpuKernels } from "webgpu-kernels";

import type { Case, Outcome } from "./case.ts";
import { computedByPage, startWebGlPage } from "./webgl.ts";

/** A backend with or without kernels of ours, and how near it must come to the reference. */
export interface TestedBackend {
  /** Largest difference, relative to the largest number of a result; float32 has 6e-8 for one rounding. */
  readonly tolerance: number;
  /** Ops without a gradient there, and the kernel that is missing. */
  readonly lacks?: Readonly<Record<string, string>>;
  /** @returns What runs it, in words. @throws If it is not there. */
  start(): Promise<string>;
  /** Default: the case's own `actual`, in this process. */
  compute?(it: Case, withGradients: boolean): Promise<Outcome>;
}

/** By the names of the rows. */
export const BACKENDS = {
  cpu: {
    tolerance: 5e-6,
    start: async () => (await startBackend("cpu")).detail,
  },
  wasm: {
    tolerance: 5e-6,
    start: async () => {
      await startBackend("wasm");
      installWasmKernels().uninstall();
      return "tfjs' own kernels";
    },
    lacks: {
      "tfjs: gather": "UnsortedSegmentSum",
      "tfjs: conv2d, same, stride 1": "Conv2DBackpropFilter",
      "tfjs: conv2d, same, stride 2": "Conv2DBackpropFilter",
      "tfjs: conv2d, valid, stride 2": "Conv2DBackpropFilter",
    },
  },
  "wasm + kernels": {
    tolerance: 5e-6,
    start: async () => (await startBackend("wasm")).detail,
  },
  webgl: {
    tolerance: 1e-5, // GLSL ES lets exp and division be some roundings off, as WGSL does
    start: startWebGlPage,
    compute: computedByPage,
  },
  webgpu: {
    tolerance: 1e-5, // WGSL lets exp and division be some roundings off
    start: async () => {
      takeSwiftShader();
      await startBackend("webgpu");
      installWebGpuKernels().uninstall();
      tf.env().set("WEBGPU_CPU_FORWARD", false); // small tensors too are computed on the device
      return "tfjs' own kernels";
    },
  },
  "webgpu + kernels": {
    tolerance: 1e-5,
    start: async () => {
      takeSwiftShader();
      const { detail } = await startBackend("webgpu");
      tf.env().set("WEBGPU_CPU_FORWARD", false);
      return detail;
    },
  },
  tensorflow: {
    tolerance: 1e-5,
    start: async () => (await startBackend("tensorflow")).detail,
  },
} as const satisfies Record<string, TestedBackend>;
