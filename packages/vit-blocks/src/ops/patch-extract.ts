import * as tf from "@tensorflow/tfjs-core";
import { customOp, hasKernel, runKernel } from "kernel-contract";
import { requireArguments, TENSOR } from "known-options";

/**
 * Cuts images into square patches, row after row. Inside a patch the order is height, width, channel, as in a flattened
 * convolution kernel. The gradient reassembles the image.
 *
 * Nothing is saved for the backward pass. Runs the kernel `PatchExtract` where the backend has it.
 *
 * @param x - `[batch, height, width, channels]`, float32. Not disposed.
 * @param patchSize - Side of a patch in pixels; must divide height and width.
 * @returns `[batch, height / p · width / p, p · p · channels]`, a new tensor owned by the caller.
 * @throws RangeError if `x` is not rank 4 or the patch size does not divide the image.
 * @see Dosovitskiy et al. 2020, section 3.1, https://arxiv.org/abs/2010.11929
 *
 * @example
 * console.log(patchExtract(tf.ones([1, 4, 6, 3]), 2).shape); // [1, 6, 12]
 */
export function patchExtract(x: tf.Tensor, patchSize: number): tf.Tensor3D {
  requireArguments("patchExtract", { x }, { x: TENSOR });
  const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
  if (x.rank !== 4) throw new RangeError(`patchExtract: x must be [batch, h, w, channels], got [${x.shape}]`);
  if (
    !(Number.isInteger(patchSize) && patchSize >= 1 && height % patchSize === 0 && width % patchSize === 0)
  ) {
    throw new RangeError(
      `patchExtract: patchSize must divide the image ${height}x${width}, got ${patchSize}`,
    );
  }
  const rows = height / patchSize;
  const columns = width / patchSize;
  // Rank 4 is enough: pixels of a patch row and their channels stay together. An empty batch is not transposed: tfjs' WASM
  // kernel divides by zero.
  const exchanged = (v: tf.Tensor, sides: number[], shape: number[]) =>
    v.size === 0 ? tf.zeros(shape) : tf.reshape(tf.transpose(tf.reshape(v, sides), [0, 2, 1, 3]), shape);
  const cut = [batch * rows, patchSize, columns, patchSize * channels];
  const joined = [batch * rows, columns, patchSize, patchSize * channels];
  const patches = [batch, rows * columns, patchSize * patchSize * channels];
  return customOp([x], (v) => ({
    value: hasKernel("PatchExtract")
      ? runKernel("PatchExtract", { x: v }, { patchSize })[0]
      : exchanged(v, cut, patches),
    saved: [],
    backward: (dy) => [exchanged(dy, joined, x.shape)],
  })) as tf.Tensor3D; // built as such above
}
