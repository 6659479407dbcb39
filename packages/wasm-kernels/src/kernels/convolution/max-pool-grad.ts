import * as tf from "@tensorflow/tfjs-core";
import { type Kernel, replaceKernel, requireFloat32 } from "kernel-contract";
import type { Context } from "../../context.ts";
import { CONV2D_INTS, conv2DFields } from "./convolution.ts";

/**
 * Gradient of `tf.maxPool`: tfjs' own WASM kernel loses slopes where windows overlap, as in a ResNet's first pooling.
 *
 * The first largest number of a window gets its slope, as on tfjs' cpu backend.
 */
export const maxPoolGrad: Kernel<Context> = replaceKernel("MaxPoolGrad", (context, { dy, input }, attrs) => {
  requireFloat32("MaxPoolGrad", { dy, input });
  const { filterSize, strides, pad, dimRoundingMode } = attrs;
  const info = tf.backend_util.computePool2DInfo(
    input.shape as [number, number, number, number],
    filterSize,
    strides,
    1,
    pad as "same",
    dimRoundingMode,
  );
  const out = context.output(info.inShape);
  const fields = context.scratch(CONV2D_INTS + info.filterHeight * info.filterWidth);
  context.writeInts(fields, conv2DFields(info));
  const taps = fields + CONV2D_INTS * 4;
  context.c.max_pool_grad(context.pointer(input), context.pointer(dy), context.pointer(out), fields, taps);
  return out;
});
