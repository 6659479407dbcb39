import * as tf from "@tensorflow/tfjs-core";
import { IN_NODE } from "../in-node.ts";
import { isMissing, loadError } from "../load-error.ts";
import { quietly } from "../quietly.ts";
import { type Adapter, chooseAdapter, mayHaveGpu, type NamedAdapter } from "./choose-adapter.ts";
import { copyShared, type WritingQueue } from "./copy-shared.ts";
import { type UploadingBackend, uploadDirectly } from "./upload-directly.ts";
import { type DeviceBackend, type DeviceState, watchDevice } from "./watch-device.ts";

/** Below every other backend: tfjs chooses it by itself only if there is no other. */
const PRIORITY = 0;
/** Features requested where the adapter has them: timing, and features for user kernels. */
const FEATURES = ["timestamp-query", "subgroups", "shader-f16"] as const;
/** Limits raised to the adapter's: WebGPU grants its smallest ones by default. */
const LIMITS = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
  "maxComputeWorkgroupsPerDimension",
] as const;

interface Started {
  readonly name: string;
  readonly software: boolean;
  readonly state: DeviceState;
}

let started: Started | undefined;

/** Registers the backend for `tf.setBackend("webgpu")`, which imports its package. */
export function registerWebGpu(): void {
  if (tf.findBackendFactory("webgpu") == null) {
    tf.registerBackend("webgpu", async () => createBackend(await chooseAdapter()), PRIORITY);
  }
}

/**
 * Starts tfjs' WebGPU backend: the browser's own, or in Node the one of npm `webgpu` (Dawn), with the kernels of
 * `webgpu-kernels` where that package is installed.
 *
 * @param allowSoftware - `false` refuses an adapter that runs on the CPU (SwiftShader, llvmpipe).
 * @returns The adapter's name and the kernels.
 */
export async function startWebGpu(allowSoftware: boolean): Promise<string> {
  const running = tf.engine().registry.webgpu; // (`tf.findBackend` would start it)
  if (!allowSoftware && !mayHaveGpu()) {
    throw new Error(
      "startBackend: backend 'webgpu' expected a hardware adapter, found no GPU's device in /dev",
    );
  }
  if (running === undefined || started === undefined || started.state.lost) {
    const found = await chooseAdapter();
    refuseSoftware(found, allowSoftware);
    if (running !== undefined && started === undefined)
      started = watched(found, running); // made by tfjs itself
    else await replaceBackend(found);
  }
  refuseSoftware(started!, allowSoftware);
  await tf.setBackend("webgpu");
  const { name, software } = started!;
  return `${software ? `${name}, a software adapter` : name}, ${await installKernels()}`;
}

async function installKernels(): Promise<string> {
  let kernels: typeof import("webgpu-kernels");
  try {
    kernels = await import("webgpu-kernels");
  } catch (error) {
    if (!isMissing(error, ["webgpu-kernels"])) throw loadError("backend 'webgpu'", error, ["webgpu-kernels"]);
    return "tfjs' own kernels (install webgpu-kernels to train with a quarter of the dispatches)";
  }
  kernels.installWebGpuKernels();
  return "with training kernels";
}

/** Replaces the backend without `tf.setBackend`, which prints errors and continues with another backend. */
async function replaceBackend(found: NamedAdapter): Promise<void> {
  const backend = await createBackend(found);
  if (tf.findBackendFactory("webgpu") != null) tf.removeBackend("webgpu");
  tf.registerBackend("webgpu", () => backend, PRIORITY);
}

function refuseSoftware({ name, software }: { name: string; software: boolean }, allowed: boolean): void {
  if (software && !allowed) {
    throw new Error(`startBackend: backend 'webgpu' expected a hardware adapter, found only ${name}`);
  }
}

async function importBackend(): Promise<typeof import("@tensorflow/tfjs-backend-webgpu")> {
  try {
    return await import("@tensorflow/tfjs-backend-webgpu");
  } catch (error) {
    throw loadError("backend 'webgpu'", error, ["@tensorflow/tfjs-backend-webgpu"]);
  }
}

async function createBackend(found: NamedAdapter): Promise<tf.KernelBackend> {
  const { WebGPUBackend } = await quietly(importBackend); // it warns that `webgpu` is registered already
  const { adapter } = found;
  const device = await requestDevice(adapter);
  const backend = new WebGPUBackend(device as never, adapter.info as never); // the browser's types, which Node lacks
  uploadDirectly(backend as unknown as UploadingBackend);
  started = watched(found, backend);
  return backend;
}

function watched({ name, software }: NamedAdapter, backend: tf.KernelBackend): Started {
  if (IN_NODE) copyShared((backend as unknown as UploadingBackend).queue as WritingQueue);
  return { name, software, state: watchDevice(backend as unknown as DeviceBackend) };
}

function requestDevice(adapter: Adapter) {
  return adapter.requestDevice({
    requiredFeatures: FEATURES.filter((feature) => adapter.features.has(feature)),
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
  });
}
