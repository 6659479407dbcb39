import * as tf from "@tensorflow/tfjs-core";
import { importOptional } from "./import-optional.ts";

/** Starts tfjs' WebAssembly backend, with the kernels of `wasm-kernels` where that package is installed. */
export async function startWasm(): Promise<string> {
  await importOptional("backend 'wasm'", () => import("@tensorflow/tfjs-backend-wasm"), [
    "@tensorflow/tfjs-backend-wasm",
  ]);
  const forgetListeners = rememberListeners();
  if (!(await tf.setBackend("wasm"))) {
    throw new Error("startBackend: backend 'wasm' expected WebAssembly here, and tfjs could not start it");
  }
  await tf.ready();
  forgetListeners();
  return installKernels();
}

/**
 * tfjs' WASM module throws every uncaught error of the process again from its own file, whose one line of 60 kB Node then
 * prints. Returns what takes the listeners off that are added from here on.
 */
function rememberListeners(): () => void {
  if (typeof process === "undefined" || typeof process.listeners !== "function") return () => {};
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = new Map(events.map((event) => [event, new Set<unknown>(process.listeners(event as never))]));
  return () => {
    for (const [event, known] of before) {
      for (const listener of process.listeners(event as never)) {
        if (!known.has(listener)) process.removeListener(event, listener);
      }
    }
  };
}

async function installKernels(): Promise<string> {
  let kernels: typeof import("wasm-kernels");
  try {
    kernels = await import("wasm-kernels");
  } catch {
    return "WebAssembly, tfjs' own kernels (install wasm-kernels to train at speed)";
  }
  return `WebAssembly with training kernels (${kernels.installWasmKernels().build})`;
}
