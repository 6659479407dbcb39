import * as tf from "@tensorflow/tfjs-core";
import { importOptional } from "./import-optional.ts";

/** The part of npm `webgpu` (Dawn) that is used here. */
interface Dawn {
  readonly globals: Record<string, unknown>;
  create(flags: readonly string[]): unknown;
}

interface Gpu {
  requestAdapter(options: { powerPreference: string }): Promise<{ info?: AdapterInfo } | null>;
}

interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly description?: string;
}

const BACKEND = "@tensorflow/tfjs-backend-webgpu";
const DAWN = "webgpu";

/**
 * Starts tfjs' WebGPU backend: the browser's own, or in Node the one of npm `webgpu` (Dawn).
 *
 * @param allowSoftware - `false` refuses an adapter that runs on the CPU (SwiftShader, llvmpipe).
 */
export async function startWebGpu(allowSoftware: boolean): Promise<string> {
  const gpu = await findGpu();
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) {
    throw new Error(
      "startBackend: backend 'webgpu' expected a GPU adapter, found none (is a driver installed?)",
    );
  }
  const name = describeAdapter(adapter.info);
  if (!allowSoftware && isSoftware(name)) {
    throw new Error(`startBackend: backend 'webgpu' expected a hardware adapter, found only ${name}`);
  }
  await importOptional("backend 'webgpu'", () => import(/* @vite-ignore */ BACKEND), [BACKEND]);
  if (!(await tf.setBackend("webgpu"))) {
    throw new Error(`startBackend: backend 'webgpu' did not start on ${name}`);
  }
  await tf.ready();
  return name;
}

async function findGpu(): Promise<Gpu> {
  const existing = (globalThis.navigator as { gpu?: Gpu } | undefined)?.gpu;
  if (existing !== undefined) return existing;
  if (typeof process === "undefined") {
    throw new Error("startBackend: backend 'webgpu' expected navigator.gpu, and this browser has none");
  }
  const dawn: Dawn = await importOptional("backend 'webgpu'", () => import(/* @vite-ignore */ DAWN), [
    DAWN,
    BACKEND,
  ]);
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create([]) as Gpu;
  // Node 21+ has a navigator of its own, whose properties are read-only unless defined.
  if (globalThis.navigator === undefined) {
    Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  }
  Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true });
  return gpu;
}

function describeAdapter(info: AdapterInfo | undefined): string {
  const words = [info?.vendor, info?.architecture, info?.description].filter((word) => word);
  return words.length > 0 ? words.join(" ") : "unnamed adapter";
}

function isSoftware(name: string): boolean {
  return /swiftshader|llvmpipe|lavapipe|software/i.test(name);
}
