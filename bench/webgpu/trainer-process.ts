// CPU time and memory of a step through the trainer on Dawn's null adapter, captured or not. A process of its own. Prints JSON.
import * as tf from "@tensorflow/tfjs-core";
import { config } from "deit-model";
import { startBackend } from "tfjs-backends";
import { create, globals } from "webgpu";
import { median } from "../measure.ts";
import { training } from "./training-step.ts";

export interface TrainerFigures {
  /** Milliseconds of CPU of all threads from one step to the next. */
  readonly cpu: number;
  /** Most bytes of the device's buffers at a time in the last steps, beside weights and moments. */
  readonly bytes: number;
  readonly dispatches: number;
}

/** `GPUBufferUsage.MAP_READ`. */
const MAP_READ = 1;

const [mode, given] = process.argv.slice(2);
const steps = Number(given ?? 15);
Object.assign(globalThis, globals);
const gpu = create(["backend=null"]);
if (globalThis.navigator === undefined) Object.defineProperty(globalThis, "navigator", { value: {} });
Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true });
await startBackend("webgpu");

const gpuUse = meterDevice();
const student = training(config.deitTiny, 1); // the adapter has 512 MB
const times: number[] = [];
let start = process.cpuUsage();
await student.run(steps, {
  capture: mode === "captured",
  callbacks: {
    onBatchBegin: () => {
      gpuUse.counts = times.length === steps - 1;
    },
    onBatchEnd: (step: number) => {
      const { user, system } = process.cpuUsage(start);
      times.push((user + system) / 1e3);
      if (step === Math.floor(steps / 3)) gpuUse.peak = gpuUse.bytes;
      if (step === steps - 1) gpuUse.counts = false;
      start = process.cpuUsage();
    },
  },
});
const figures: TrainerFigures = {
  cpu: median(times.slice(Math.floor(steps / 3), -1)),
  bytes: gpuUse.peak - 3 * student.weightBytes,
  dispatches: gpuUse.dispatches,
};
console.log(JSON.stringify(figures));
process.exit(0);

/**
 * Counts the bytes of all buffers that the device has and, while `counts` is set, the dispatches. What is read back is zeros: the null
 * adapter's memory is whatever was there, which the trainer may refuse as not finite.
 */
function meterDevice(): { bytes: number; peak: number; dispatches: number; counts: boolean } {
  interface Buffer {
    readonly size: number;
    getMappedRange(): ArrayBuffer;
    destroy(): void;
  }
  interface Pass {
    dispatchWorkgroups(...groups: number[]): void;
  }
  interface Device {
    createBuffer(options: { readonly usage: number }): Buffer;
    createCommandEncoder(): { beginComputePass(...options: object[]): Pass };
  }
  const { device } = tf.backend() as unknown as { device: Device };
  const count = { bytes: 0, peak: 0, dispatches: 0, counts: false };
  const { createBuffer, createCommandEncoder } = device;
  device.createBuffer = (options) => {
    const buffer = createBuffer.call(device, options);
    const { destroy } = buffer;
    if (options.usage & MAP_READ) buffer.getMappedRange = () => new ArrayBuffer(buffer.size);
    count.bytes += buffer.size;
    count.peak = Math.max(count.peak, count.bytes);
    buffer.destroy = () => {
      count.bytes -= buffer.size;
      destroy.call(buffer);
    };
    return buffer;
  };
  device.createCommandEncoder = () => {
    const encoder = createCommandEncoder.call(device);
    if (!count.counts) return encoder;
    const { beginComputePass } = encoder;
    encoder.beginComputePass = (...options) => {
      const pass = beginComputePass.apply(encoder, options);
      const { dispatchWorkgroups } = pass;
      pass.dispatchWorkgroups = (...groups) => {
        count.dispatches += 1;
        dispatchWorkgroups.apply(pass, groups);
      };
      return pass;
    };
    return encoder;
  };
  return count;
}
