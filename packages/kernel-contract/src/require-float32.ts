import type * as tf from "@tensorflow/tfjs-core";

/** Throws unless every tensor is float32. */
export function requireFloat32(
  kernel: string,
  tensors: Readonly<Record<string, tf.TensorInfo | undefined>>,
): void {
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor !== undefined && tensor.dtype !== "float32")
      throw new Error(`${kernel}: expected ${name} to be float32, got ${tensor.dtype}`);
  }
}
