import * as tf from "@tensorflow/tfjs-core";
import type { SharingBackend } from "kernel-contract";

/** The parts of tfjs-node's backend 4.22 that this package works with. */
export interface NodeBackend extends SharingBackend {
  readonly binding: Readonly<Record<string, number>>;
  executeMultipleOutputs(
    name: string,
    attributes: object[],
    inputs: readonly tf.TensorInfo[],
    outputs: number,
  ): tf.Tensor[];
}

/**
 * The running backend of tfjs-node.
 *
 * @throws Error if `tensorflow` is not the current backend, tfjs is not 4.22, or the backend is not built as expected.
 */
export function currentTensorFlowBackend(): NodeBackend {
  const name = tf.getBackend();
  if (name !== "tensorflow") {
    throw new Error(
      `installTensorFlowKernels: expected tfjs' backend to be 'tensorflow', got '${name}'; ` +
        "await tf.setBackend('tensorflow') and tf.ready() first",
    );
  }
  if (!/^4\.22\./.test(tf.version_core)) {
    throw new Error(`installTensorFlowKernels: expected @tensorflow/tfjs-core 4.22, got ${tf.version_core}`);
  }
  const backend = tf.backend() as NodeBackend;
  if (typeof backend.executeMultipleOutputs !== "function" || typeof backend.binding !== "object") {
    throw new Error(
      "installTensorFlowKernels: expected the backend of @tensorflow/tfjs-node 4.22, got another",
    );
  }
  return backend;
}
