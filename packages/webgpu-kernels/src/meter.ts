import type * as tf from "@tensorflow/tfjs-core";
import { currentWebGpuBackend, type WebGpuBackend } from "./host.ts";

/** Work submitted to a WebGPU backend since the meter was started or last reset. */
export interface GpuWork {
  /** Compute programs that were recorded: ours and tfjs' own. */
  readonly dispatches: number;
  /** Dispatches by program. */
  readonly programs: ReadonlyMap<string, number>;
  /** Sizes of all buffers bound to them, in bytes: an upper bound of what they read and write, if each byte once. */
  readonly boundBytes: number;
  /** Tensors that went from the CPU to the GPU. */
  readonly uploads: number;
  readonly uploadedBytes: number;
  /** Tensors that came back; each is a round trip. */
  readonly readBacks: number;
  readonly readBackBytes: number;
}

/** A running meter. */
export interface GpuMeter {
  /** The counts so far; the meter continues. */
  read(): GpuWork;
  /** Counts from zero again. */
  reset(): void;
  /** Takes the meter off the backend. */
  stop(): void;
}

interface Buffer {
  readonly size: number;
}

/** The methods of tfjs' WebGPU backend 4.22 that the meter listens at. */
interface Metered {
  readonly tensorMap: { get(dataId: tf.DataId): { resource?: Buffer | null; values?: unknown } };
  recordAndSubmit: WebGpuBackend["recordAndSubmit"];
  uploadToGPU: WebGpuBackend["uploadToGPU"];
  getBufferData(buffer: Buffer): Promise<ArrayBuffer>;
}

/**
 * Counts dispatches, uploads and read-backs of the current WebGPU backend, ours and tfjs' own.
 *
 * (Synchronous reads are not counted: in Node tfjs' WebGPU backend has none, and in a page it warns of them.)
 *
 * @returns The meter, started. Of two on one backend stop the later one first.
 * @throws Error as `installWebGpuKernels`, if there is no backend to listen at.
 *
 * @example
 * ```ts norun
 * const meter = meterGpu();
 * const loss = tf.mean(tf.square(tf.ones([64, 64])));
 * await loss.data();
 * console.log(meter.read().dispatches, meter.read().readBacks); // 3 1
 * meter.stop();
 * ```
 */
export function meterGpu(): GpuMeter {
  const backend = currentWebGpuBackend() as unknown as Metered;
  let work = nothing();
  const own = Object.entries(Object.getOwnPropertyDescriptors(backend)); // methods that others put over tfjs'
  const { recordAndSubmit, uploadToGPU, getBufferData } = backend;

  backend.recordAndSubmit = (program, output, inputs, uniforms) => {
    work.dispatches += 1;
    const { name } = program.constructor;
    work.programs.set(name, (work.programs.get(name) ?? 0) + 1);
    for (const { dataId } of [output, ...inputs]) {
      work.boundBytes += backend.tensorMap.get(dataId).resource?.size ?? 0;
    }
    recordAndSubmit.call(backend as unknown as WebGpuBackend, program, output, inputs, uniforms);
  };
  backend.uploadToGPU = (dataId) => {
    const data = backend.tensorMap.get(dataId);
    const isUpload = data.resource == null && data.values != null;
    uploadToGPU.call(backend as unknown as WebGpuBackend, dataId);
    if (!isUpload) return;
    work.uploads += 1;
    work.uploadedBytes += data.resource?.size ?? 0;
  };
  backend.getBufferData = (buffer) => {
    work.readBacks += 1;
    work.readBackBytes += buffer.size;
    return getBufferData.call(backend, buffer);
  };
  return {
    read: () => ({ ...work, programs: new Map(work.programs) }),
    reset() {
      work = nothing();
    },
    stop() {
      const before = new Map(own);
      for (const method of ["recordAndSubmit", "uploadToGPU", "getBufferData"] as const) {
        const descriptor = before.get(method);
        if (descriptor === undefined) Reflect.deleteProperty(backend, method);
        else Object.defineProperty(backend, method, descriptor);
      }
    },
  };
}

function nothing() {
  const numbers = {
    dispatches: 0,
    boundBytes: 0,
    uploads: 0,
    uploadedBytes: 0,
    readBacks: 0,
    readBackBytes: 0,
  };
  return { ...numbers, programs: new Map<string, number>() };
}
