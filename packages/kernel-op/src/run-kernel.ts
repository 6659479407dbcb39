import * as tf from "@tensorflow/tfjs-core";

/** A kernel's inputs: by name, or in a row for kernels of any number of tensors. */
export type KernelInputs = Readonly<Record<string, tf.Tensor>> | readonly tf.Tensor[];

/** A kernel's attributes. */
export type Attributes = Readonly<Record<string, number | readonly number[]>>;

/** @returns Whether the current backend has kernels of all these names. tfjs' kernel registry is the only link to them. */
export function hasKernel(...names: string[]): boolean {
  return names.every((name) => tf.getKernel(name, tf.getBackend()) != null);
}

/** Runs a kernel of the current backend; its outputs, in order, belong to the caller. */
export function runKernel(name: string, inputs: KernelInputs, attrs: Attributes = {}): tf.Tensor[] {
  const given = (Array.isArray(inputs) ? [...inputs] : { ...inputs }) as tf.NamedTensorMap; // tfjs takes lists too
  const outputs: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(name, given, attrs as tf.NamedAttrMap);
  return Array.isArray(outputs) ? outputs : [outputs];
}
