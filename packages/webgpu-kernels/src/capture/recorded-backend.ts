import * as tf from "@tensorflow/tfjs-core";
import { currentWebGpuBackend, type WebGpuBackend } from "../host.ts";

/** `GPUBufferUsage.STORAGE | COPY_SRC | COPY_DST`, as all of tfjs' tensors. */
export const TENSOR_USAGE: number = 0x80 | 0x4 | 0x8;
/** `GPUBufferUsage.UNIFORM | COPY_DST`. */
export const UNIFORM_USAGE: number = 0x40 | 0x8;
/** `GPUBufferUsage.MAP_READ | COPY_DST`. */
export const STAGING_USAGE: number = 0x1 | 0x8;

/** The parts of a `GPUBuffer` that this package uses. */
export interface Buffer {
  readonly size: number;
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

/** A range of a buffer, as a bind group takes it. */
interface BufferRange {
  readonly buffer: Buffer;
  readonly offset?: number;
  readonly size?: number;
}

interface Pass {
  setPipeline(pipeline: object): void;
  setBindGroup(index: number, group: object): void;
  dispatchWorkgroups(x: number, y: number, z: number): void;
  end(): void;
}

export interface Encoder {
  beginComputePass(): Pass;
  copyBufferToBuffer(from: Buffer, fromOffset: number, to: Buffer, toOffset: number, size: number): void;
  finish(): object;
}

interface Queue {
  writeBuffer(buffer: Buffer, offset: number, data: ArrayBufferView | ArrayBuffer): void;
  submit(commands: readonly object[]): void;
}

interface Device {
  readonly limits: { readonly minUniformBufferOffsetAlignment: number };
  createBuffer(options: { size: number; usage: number }): Buffer;
  createBindGroup(options: {
    layout: object;
    entries: readonly { binding: number; resource: BufferRange }[];
  }): object;
  createCommandEncoder(): Encoder;
  pushErrorScope(filter: "out-of-memory" | "validation"): void;
  popErrorScope(): Promise<{ readonly message: string } | null>;
}

/** A tensor's record in tfjs' WebGPU backend 4.22. */
export interface TensorData {
  readonly dtype: tf.DataType;
  readonly shape: readonly number[];
  values: tf.TypedArray | null | undefined;
  /** A buffer; while a step is recorded the storage that stands for one. */
  resource: unknown;
}

/** The parts of tfjs' WebGPU backend 4.22 that recording works with; all of them exist in its published builds. */
export interface RecordedBackend
  extends Omit<
    WebGpuBackend,
    "device" | "tensorMap" | "read" | "readSync" | "write" | "readToGPU" | "createTensorFromGPUData"
  > {
  readonly device: WebGpuBackend["device"] & Device;
  readonly queue: Queue;
  readonly tensorMap: { get(dataId: tf.DataId): TensorData; has(dataId: tf.DataId): boolean };
  readonly bufferManager: {
    readonly freeBuffers: Map<string, Buffer[]>;
    acquireBuffer(size: number, usage: number): Buffer;
    releaseBuffer(buffer: Buffer): void;
    numFreeBuffers: number;
    numBytesAllocated: number;
  };
  readonly commandEncoder: Encoder | null;
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  write(values: unknown, shape: number[], dtype: tf.DataType): object;
  read(dataId: tf.DataId): Promise<unknown>;
  readSync(dataId: tf.DataId): unknown;
  readToGPU(dataId: tf.DataId): unknown;
  createTensorFromGPUData(...given: unknown[]): unknown;
  shouldExecuteOnCPU(inputs: tf.TensorInfo[], threshold?: number): boolean;
  makeUniforms(fields: readonly object[]): unknown;
}

/**
 * The running WebGPU backend.
 *
 * @throws Error that names `caller`, as `installWebGpuKernels`.
 */
export function backendToRecord(caller: string): RecordedBackend {
  const backend = currentWebGpuBackend(caller) as unknown as RecordedBackend;
  const needed = [
    "submitQueue",
    "endComputePassEncoder",
    "ensureCommandEncoderReady",
    "shouldExecuteOnCPU",
    "makeUniforms",
  ] as const;
  const missing = needed.find((method) => typeof backend[method] !== "function");
  if (missing !== undefined || tf.getKernel("AdamWUpdate", "webgpu") === undefined) {
    throw new Error(
      missing === undefined
        ? `${caller}: expected the kernels of webgpu-kernels, found none; call installWebGpuKernels() first`
        : `${caller}: expected @tensorflow/tfjs-backend-webgpu 4.22 with ${missing}, found none: this build of the backend is not supported`,
    );
  }
  return backend;
}

/** Throws an Error unless a captured step's backend is the current one. */
export function requireCurrent(backend: RecordedBackend): void {
  if (tf.backend() === (backend as object)) return;
  throw new Error(
    `captureStep: the step was captured on another backend than the current one, '${tf.getBackend()}'`,
  );
}

/** Submits what tfjs has recorded of its own, so that it comes before what follows. */
export function flush(backend: RecordedBackend): void {
  if (backend.commandEncoder === null) return;
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/** Bytes of a tensor on the GPU: four for each number, whatever its type. */
export function bytesOf(shape: readonly number[]): number {
  return 4 * tf.util.sizeFromShape([...shape]);
}
