import * as tf from "@tensorflow/tfjs-core";
import { startBackend } from "tfjs-backends";
import { type Build, installWasmKernels } from "wasm-kernels";

/** Starts tfjs' WASM backend with its gradients and its own kernels alone. */
export async function startStock(): Promise<void> {
  await startBackend("wasm");
  installWasmKernels().uninstall();
}

/** Puts our kernels in place until the function that it returns is called: what a contestant enters and leaves. */
export function enterOurs(build?: Build): () => void {
  const installed = installWasmKernels(build === undefined ? {} : { build });
  return () => installed.uninstall();
}

/** Runs `use` with our kernels in place. */
export async function withOurs<T>(use: () => T | Promise<T>, build?: Build): Promise<T> {
  const leave = enterOurs(build);
  try {
    return await use();
  } finally {
    leave();
  }
}

/** tfjs' own `BatchMatMul` and ours, called without tfjs' engine around them. */
export interface MatMulKernels {
  readonly stock: tf.KernelFunc;
  readonly ours: tf.KernelFunc;
}

/** Runs `use` with both at hand. */
export async function withMatMuls<T>(use: (kernels: MatMulKernels) => T | Promise<T>): Promise<T> {
  const stock = tf.getKernel("BatchMatMul", "wasm").kernelFunc;
  return withOurs(() => use({ stock, ours: tf.getKernel("BatchMatMul", "wasm").kernelFunc }));
}
