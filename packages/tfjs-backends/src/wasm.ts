import * as tf from "@tensorflow/tfjs-core";
import { importOptional } from "./import-optional.ts";

/** Starts tfjs' WebAssembly backend, with the kernels of `wasm-kernels` where that package is installed. */
export async function startWasm(): Promise<string> {
  await importOptional("backend 'wasm'", () => import("@tensorflow/tfjs-backend-wasm"), [
    "@tensorflow/tfjs-backend-wasm",
  ]);
  if (!(await tf.setBackend("wasm"))) {
    throw new Error("startBackend: backend 'wasm' expected WebAssembly here, and tfjs could not start it");
  }
  await tf.ready();
  return installKernels();
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
