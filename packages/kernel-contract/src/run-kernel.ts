import * as tf from "@tensorflow/tfjs-core";
import type { AttributesOf, InputsOf, KernelName, OutputsOf } from "./kernels.ts";

/** @returns Whether the current backend has kernels of all these names. tfjs' kernel registry is the only link to them. */
export function hasKernel(...names: KernelName[]): boolean {
  return names.every((name) => tf.getKernel(name, tf.getBackend()) != null);
}

/** Runs a kernel of the current backend; its outputs, in order, belong to the caller. */
export function runKernel<Name extends KernelName>(
  name: Name,
  inputs: InputsOf<Name, tf.Tensor>,
  ...[attributes = {}]: object extends AttributesOf<Name> ? [] : [attributes: AttributesOf<Name>]
): OutputsOf<Name, tf.Tensor> {
  const given = inputs as unknown as tf.NamedTensorMap; // tfjs takes lists too
  const outputs: tf.Tensor | tf.Tensor[] = tf.engine().runKernel(name, given, attributes as tf.NamedAttrMap);
  return [outputs].flat() as OutputsOf<Name, tf.Tensor>;
}
