import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { type InstallOptions, installWasmKernels } from "wasm-kernels";

/** Starts tfjs' WASM backend with its gradients and its own kernels alone. */
export async function startOwnKernels(): Promise<void> {
  await startBackend("wasm");
  installWasmKernels().uninstall();
}

/** Puts our kernels in place until the function that it returns is called: what a contestant enters and leaves. */
export function enterOurs(options: InstallOptions = {}): () => void {
  const installed = installWasmKernels(options);
  return () => installed.uninstall();
}

/** Runs `use` with our kernels in place. */
export async function withOurs<T>(use: () => T | Promise<T>): Promise<T> {
  const leave = enterOurs();
  try {
    return await use();
  } finally {
    leave();
  }
}

/** tfjs' own `BatchMatMul` and ours, called without tfjs' engine around them. */
export interface MatMulKernels {
  readonly own: tf.KernelFunc;
  readonly ours: tf.KernelFunc;
}

/** Runs `use` with both at hand. */
export async function withMatMuls<T>(use: (kernels: MatMulKernels) => T | Promise<T>): Promise<T> {
  const own = tf.getKernel("BatchMatMul", "wasm").kernelFunc;
  return withOurs(() => use({ own, ours: tf.getKernel("BatchMatMul", "wasm").kernelFunc }));
}
