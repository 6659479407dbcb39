import * as tf from "@tensorflow/tfjs-core";
import type { SharingBackend } from "kernel-contract";

/** A tensor's record in tfjs' WebGPU backend 4.22. */
interface TensorData {
  /** Type of the numbers in memory. The tensor's own may be wider: a cast to float32 leaves integers as they are. */
  readonly dtype: tf.DataType;
  /** The numbers on the CPU: until they are first used on the GPU, and again once they were read. */
  values: tf.TypedArray | null | undefined;
}

/** A number, or a few, for a program's uniform buffer. */
export interface Uniform {
  readonly type: "float32" | "int32" | "uint32";
  readonly data: number[];
  /** Computes the number anew for each run of a recorded step. */
  readonly live?: () => number;
}

/** A program with a pipeline, as tfjs' WebGPU backend takes it. */
interface CompiledProgram {
  readonly pipeline: object;
  readonly dispatch: readonly [x: number, y: number, z: number];
  /** How many of its first buffers it writes. Default 1, as all programs of tfjs. */
  readonly writes?: number;
}

interface BindGroupLayoutEntry {
  readonly binding: number;
  readonly visibility: number;
  readonly buffer: { readonly type: "storage" | "read-only-storage" | "uniform" };
}

/** The parts of a `GPUDevice` that this package calls. */
interface Device {
  readonly features: ReadonlySet<string>;
  readonly limits: {
    readonly maxStorageBuffersPerShaderStage: number;
    readonly maxComputeWorkgroupsPerDimension: number;
  };
  createShaderModule(options: { code: string; label: string }): object;
  createBindGroupLayout(options: { entries: readonly BindGroupLayoutEntry[] }): object;
  createPipelineLayout(options: { bindGroupLayouts: readonly object[] }): object;
  createComputePipeline(options: {
    compute: { module: object; entryPoint: string };
    layout: object;
    label: string;
  }): object;
}

/** The parts of tfjs' WebGPU backend 4.22 that this package works with; all of them exist in its published builds. */
export interface WebGpuBackend extends SharingBackend {
  readonly device: Device;
  readonly tensorMap: { get(dataId: tf.DataId): TensorData };
  makeTensorInfo(shape: number[], dtype: tf.DataType, values?: tf.TypedArray): tf.TensorInfo;
  uploadToGPU(dataId: tf.DataId): void;
  recordAndSubmit(
    program: CompiledProgram,
    output: tf.TensorInfo,
    inputs: tf.TensorInfo[],
    uniforms: Uniform[],
  ): void;
}

/**
 * The running WebGPU backend.
 *
 * @param caller - Name for errors.
 * @throws Error if `webgpu` is not the current backend, tfjs is not 4.22, or the backend is not built as expected.
 */
export function currentWebGpuBackend(caller = "installWebGpuKernels"): WebGpuBackend {
  const name = tf.getBackend();
  if (name !== "webgpu") {
    throw new Error(
      `${caller}: expected tfjs' backend to be 'webgpu', got '${name}'; ` +
        "await tf.setBackend('webgpu') and tf.ready() first",
    );
  }
  if (!/^4\.22\./.test(tf.version_core)) {
    throw new Error(`${caller}: expected @tensorflow/tfjs-core 4.22, got ${tf.version_core}`);
  }
  const backend = tf.backend() as WebGpuBackend;
  const needed = ["makeTensorInfo", "uploadToGPU", "recordAndSubmit"] as const;
  const missing = needed.filter((method) => typeof backend[method] !== "function");
  if (missing.length > 0 || backend.device === undefined) {
    throw new Error(
      `${caller}: expected @tensorflow/tfjs-backend-webgpu 4.22 with a device and ${needed.join(", ")}, ` +
        `found no ${missing[0] ?? "device"}: this build of the backend is not supported`,
    );
  }
  return backend;
}
