import { existsSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { installWasmKernels } from "wasm-kernels";

/** Backends that every op and layer is tested on; `wasm` with the kernels of `wasm-kernels`. */
export const BACKENDS = ["cpu", "wasm"] as const;

/** `wasm` is tfjs' own backend, without any kernel of ours. */
export const PARITY_BACKENDS = ["cpu", "wasm", "wasm with kernels"] as const;

/** Starts one of {@link PARITY_BACKENDS}. */
export async function startParityBackend(name: (typeof PARITY_BACKENDS)[number]): Promise<void> {
  await startBackend(name === "cpu" ? "cpu" : "wasm");
  if (name === "wasm") installWasmKernels().uninstall();
}

/** Starts `cpu` and `wasm`, which is current then, with the kernels of `wasm-kernels`. */
export async function startWasm(): Promise<void> {
  await startBackend("cpu");
  await startBackend("wasm");
}

/**
 * Starts `cpu` and `webgpu`, which is current then, with the kernels of `webgpu-kernels`.
 *
 * @returns Why there is no WebGPU here, or nothing.
 */
export function startWebGpu(): Promise<string | undefined> {
  takeSwiftShader();
  return startIfPresent("webgpu", /adapter, found none|not installed here/);
}

/** Where Mesa's Vulkan driver for CPUs (lavapipe) says that it is; older packages of Debian have the second name. */
const LAVAPIPE = ["lvp_icd.json", "lvp_icd.x86_64.json"].map((name) => `/usr/share/vulkan/icd.d/${name}`);

/**
 * As {@link startWebGpu}, on a device with half precision, which SwiftShader lacks: Mesa's lavapipe from 25.0 on has it. A
 * `VK_ICD_FILENAMES` that is set is kept.
 *
 * @returns Why there is none here, or nothing.
 * @throws Error with that reason with `CONFORMANCE=all`, as CI has it.
 */
export async function startHalfWebGpu(): Promise<string | undefined> {
  const driver = LAVAPIPE.find((path) => existsSync(path));
  if (driver !== undefined) process.env.VK_ICD_FILENAMES ??= driver;
  const missing = (await startWebGpu()) ?? withoutHalf();
  if (missing !== undefined && process.env.CONFORMANCE === "all") throw new Error(missing);
  return missing;
}

function withoutHalf(): string | undefined {
  const { device } = tf.backend() as unknown as { device: { features: ReadonlySet<string> } };
  return device.features.has("shader-f16") ? undefined : "the WebGPU device has no shader-f16";
}

/**
 * Starts `cpu` and `tensorflow`, which is current then, with the kernels of `tensorflow-kernels`.
 *
 * @returns Why there is no TensorFlow here, or nothing.
 */
export function startTensorFlow(): Promise<string | undefined> {
  return startIfPresent("tensorflow", /not installed here/);
}

async function startIfPresent(name: "tensorflow" | "webgpu", absent: RegExp): Promise<string | undefined> {
  await startBackend("cpu");
  try {
    await startBackend(name);
  } catch (error) {
    const { message } = error as Error;
    if (absent.test(message)) return message;
    throw error;
  }
  return undefined;
}

/**
 * Chooses a Vulkan driver for machines without a GPU: the one that Debian's Chromium brings; the loader, `libvulkan1`, is
 * another package. A `VK_ICD_FILENAMES` that is set, even to nothing, is kept. The loader reads it when Dawn first looks
 * for adapters.
 */
export function takeSwiftShader(): void {
  const driver = "/usr/lib/chromium/vk_swiftshader_icd.json";
  if (existsSync(driver)) process.env.VK_ICD_FILENAMES ??= driver;
}
