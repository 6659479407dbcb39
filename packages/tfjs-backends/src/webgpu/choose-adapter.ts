import { IN_NODE } from "../in-node.ts";
import { loadError } from "../load-error.ts";
import { isSoftwareRenderer } from "../software-renderer.ts";

/** The parts of WebGPU's `GPU` that this package uses. */
interface Gpu {
  requestAdapter(options: { powerPreference: "high-performance" }): Promise<Adapter | null>;
}

/** The parts of WebGPU's `GPUAdapter` that this package uses. */
export interface Adapter {
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number>>;
  readonly info?: AdapterInfo;
  requestDevice(descriptor: object): Promise<Device>;
}

/** The parts of WebGPU's `GPUAdapterInfo` that this package uses. */
interface AdapterInfo {
  readonly vendor?: string;
  readonly architecture?: string;
  readonly description?: string;
  readonly isFallbackAdapter?: boolean;
}

/** The parts of WebGPU's `GPUDevice` that this package uses. */
export interface Device {
  readonly limits: Readonly<Record<string, number>>;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  addEventListener(type: "uncapturederror", listener: (event: UncapturedError) => void): void;
  destroy(): void;
}

/** The parts of WebGPU's `GPUUncapturedErrorEvent` that this package uses. */
interface UncapturedError {
  readonly error: { readonly message: string };
  preventDefault(): void;
}

/** An adapter and its printable name. */
export interface NamedAdapter {
  readonly adapter: Adapter;
  readonly name: string;
  /** Whether it runs on the CPU: SwiftShader, llvmpipe. */
  readonly software: boolean;
}

/** npm `webgpu`. */
interface Dawn {
  readonly globals: Record<string, unknown>;
  create(flags: readonly string[]): unknown;
}

/** Devices of GPU drivers on Linux: DRM (AMD, Intel, …), NVIDIA, WSL. */
const LINUX_DEVICES = ["/dev/dri", "/dev/nvidiactl", "/dev/dxg"];
const DAWN = "webgpu";
const BACKEND = "@tensorflow/tfjs-backend-webgpu";

/** Whether there may be a hardware adapter: if there is none, Dawn and the Vulkan loader print warnings. */
export function mayHaveGpu(): boolean {
  if (!IN_NODE || process.platform !== "linux") return true;
  const { existsSync } = process.getBuiltinModule("node:fs");
  return LINUX_DEVICES.some((path) => existsSync(path));
}

/**
 * The high-performance adapter of the browser or, in Node, of Dawn.
 *
 * @throws Error if there is no WebGPU here, or no adapter.
 */
export async function chooseAdapter(): Promise<NamedAdapter> {
  const gpu = await findGpu();
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (adapter === null) {
    const advice = IN_NODE
      ? "; on Linux it needs a Vulkan driver and libvulkan1 (`vulkaninfo --summary` lists what there is)"
      : "";
    throw new Error(`startBackend: backend 'webgpu' expected a GPU adapter, found none${advice}`);
  }
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info ?? {};
  const name = [vendor, architecture, description].filter((word) => word).join(" ") || "unnamed adapter";
  const software = isFallbackAdapter === true || isSoftwareRenderer(name);
  return { adapter, name, software };
}

/** `navigator.gpu`; in Node that of npm `webgpu`, set for tfjs. */
async function findGpu(): Promise<Gpu> {
  const existing = (globalThis.navigator as { gpu?: Gpu } | undefined)?.gpu;
  if (existing !== undefined) return existing;
  if (!IN_NODE) {
    throw new Error("startBackend: backend 'webgpu' expected navigator.gpu, and this browser has none");
  }
  const dawn = await importDawn();
  Object.assign(globalThis, dawn.globals);
  // Often unset in containers; Vulkan drivers then print warnings.
  if (process.platform === "linux") process.env.XDG_RUNTIME_DIR ??= process.env.TMPDIR ?? "/tmp";
  const gpu = dawn.create([]) as Gpu;
  // Node 21+ has a navigator of its own, whose properties are read-only unless defined.
  if (globalThis.navigator === undefined) {
    Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  }
  Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true });
  return gpu;
}

/** Imports native code by a name that bundlers do not resolve. */
async function importDawn(): Promise<Dawn> {
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ DAWN);
  } catch (error) {
    throw loadError("backend 'webgpu'", error, [DAWN, BACKEND]);
  }
}
