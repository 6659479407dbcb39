import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Path of Chromium: the environment's `CHROMIUM`, or the program of that name; `undefined` where there is none. */
export function findChromium(): string | undefined {
  if (process.env.CHROMIUM !== undefined) return process.env.CHROMIUM;
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.map((folder) => join(folder, "chromium")).find((path) => existsSync(path));
}

/** Starts without a window, as root too, alone and offline. */
const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-dev-shm-usage", "--disable-quic"],
  ...["--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** Flags by the GPU of a page: none, or WebGL or WebGPU emulated by Chromium (SwiftShader). */
const GPU_FLAGS = {
  none: ["--disable-gpu"],
  webgl: ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
  emulated: ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"],
} as const;

/** GPU of a page. */
export type Gpu = keyof typeof GPU_FLAGS;

/** Returns the flags that every test starts Chromium with. */
export function chromiumFlags(gpu: Gpu): string[] {
  return [...FLAGS, ...GPU_FLAGS[gpu]];
}
