// CPU time of a training step of DeiT-Ti on Dawn's null adapter, which encodes and validates everything and computes nothing. A process of
// its own: tfjs takes one adapter per process. Prints JSON.
import * as tf from "@tensorflow/tfjs-core";
import { config } from "deit-model";
import { startBackend } from "tfjs-backends";
import { create, globals } from "webgpu";
import { captureStep, meterGpu } from "webgpu-kernels";
import { median } from "../measure.ts";
import { deitStep } from "./deit-step.ts";

const BATCH = 1; // the adapter has 512 MB
const CLASSES = 1000;
const SIDE = 224;
const INPUTS = {
  images: { shape: [BATCH, SIDE, SIDE, 3] },
  labels: { shape: [BATCH], dtype: "int32" },
  sampleKeys: { shape: [BATCH], dtype: "int32" },
} as const;

export interface CapturedFigures {
  /** Milliseconds of CPU of the main thread, until the step is handed over. */
  readonly eager: number;
  readonly captured: number;
  readonly dispatches: { readonly eager: number; readonly captured: number };
  readonly bytes: { readonly eager: number; readonly captured: number };
  /** Milliseconds. */
  readonly capturing: number;
}

const rounds = Number(process.argv[2] ?? 15);
Object.assign(globalThis, globals);
const gpu = create(["backend=null"]);
if (globalThis.navigator === undefined) Object.defineProperty(globalThis, "navigator", { value: {} });
Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true });
await startBackend("webgpu");

const { take } = deitStep({ ...config.deitTiny, classes: CLASSES });
const inputs = {
  images: new Float32Array(BATCH * SIDE * SIDE * 3).fill(0.5),
  labels: new Int32Array(BATCH),
  sampleKeys: Uint32Array.from({ length: BATCH }, (_, i) => i),
};

async function eager(): Promise<number> {
  const start = process.cpuUsage();
  const { loss, norms } = tf.tidy(() => {
    const images = tf.tensor(inputs.images, [...INPUTS.images.shape]);
    return take(images, tf.tensor1d(inputs.labels, "int32"), inputs.sampleKeys);
  });
  const logs = tf.tidy(() => tf.concat([tf.reshape(loss!, [1]), norms!]));
  const read = logs.data();
  const milliseconds = since(start);
  await read;
  tf.dispose([loss!, norms!, logs]);
  return milliseconds;
}

function since(start: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1e3;
}

async function medianOf(run: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) times.push(await run());
  return median(times.slice(Math.floor(rounds / 3)));
}

const meter = meterGpu();
await eager();
meter.reset();
await eager();
const eagerDispatches = meter.read().dispatches;
meter.stop();
const eagerTime = await medianOf(eager);
const start = performance.now();
const step = await captureStep((x) => take(x.images, x.labels, x.sampleKeys), { inputs: INPUTS });
const capturing = performance.now() - start;
const captured = await medianOf(async () => {
  const before = process.cpuUsage();
  const outputs = step.run(inputs);
  const milliseconds = since(before);
  await outputs;
  return milliseconds;
});
const figures: CapturedFigures = {
  eager: eagerTime,
  captured,
  dispatches: { eager: eagerDispatches, captured: step.dispatches },
  bytes: { eager: step.memory.eagerBytes, captured: step.memory.bytes },
  capturing,
};
console.log(JSON.stringify(figures));
step.dispose();
process.exit(0);
