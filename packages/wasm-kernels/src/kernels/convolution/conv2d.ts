import type * as tf from "@tensorflow/tfjs-core";
import { type Kernel, replaceKernel, requireFloat32, sizeOf } from "kernel-contract";
import { type Context, DOUBLE, FLOAT_BYTES } from "../../context.ts";
import { CONV2D_INTS, conv2DFields, convolutionInfo } from "./convolution.ts";

/** Unfolded patches are worked on in blocks of about this many floats (1 MiB), which stay in a core's cache. */
const PATCH_FLOATS = 256 * 1024;

/** `tf.conv2d`: tfjs' own kernel repacks every new filter for XNNPACK, and a standardized one is new in every call. */
export const conv2D: Kernel<Context> = replaceKernel("Conv2D", (context, { x, filter }, attrs) => {
  requireFloat32("Conv2D", { x, filter });
  const info = convolutionInfo("Conv2D", x.shape, filter.shape, attrs, false);
  const out = context.output(info.outShape);
  run("conv2d", context, info, x, filter, out);
  return out;
});

/** Gradient of `tf.conv2d` with respect to its filter: absent from tfjs' WASM backend (tfjs issue 8474). */
export const conv2DBackpropFilter: Kernel<Context> = replaceKernel(
  "Conv2DBackpropFilter",
  (context, { x, dy }, attrs) => {
    requireFloat32("Conv2DBackpropFilter", { x, dy });
    const info = convolutionInfo("Conv2DBackpropFilter", x.shape, attrs.filterShape, attrs, false);
    const out = context.output(attrs.filterShape);
    run("conv2d_backprop_filter", context, info, x, dy, out, sizeOf(attrs.filterShape));
    return out;
  },
);

/** Gradient of `tf.conv2d` with respect to its input: tfjs' own kernel is a scalar loop. */
export const conv2DBackpropInput: Kernel<Context> = replaceKernel(
  "Conv2DBackpropInput",
  (context, { dy, filter }, attrs) => {
    requireFloat32("Conv2DBackpropInput", { dy, filter });
    const info = convolutionInfo("Conv2DBackpropInput", attrs.inputShape, filter.shape, attrs, false);
    const out = context.output(info.inShape);
    run("conv2d_backprop_input", context, info, dy, filter, out);
    return out;
  },
);

/** @param doubles - How many float64 numbers the C function works with; only a filter's gradient does. */
function run(
  name: "conv2d" | "conv2d_backprop_filter" | "conv2d_backprop_input",
  context: Context,
  info: tf.backend_util.Conv2DInfo,
  first: tf.TensorInfo,
  second: tf.TensorInfo,
  out: tf.TensorInfo,
  doubles = 0,
): void {
  const depth = info.filterHeight * info.filterWidth * info.inChannels;
  const rows = Math.max(4, Math.floor(PATCH_FLOATS / Math.max(depth, 1)));
  const gemmScratch = context.gemmScratch();
  const totals = context.scratch(DOUBLE * doubles + CONV2D_INTS + rows * depth);
  const fields = totals + FLOAT_BYTES * DOUBLE * doubles;
  context.writeInts(fields, conv2DFields(info));
  const patches = fields + FLOAT_BYTES * CONV2D_INTS;
  context.c[name](
    context.pointer(first),
    context.pointer(second),
    context.pointer(out),
    fields,
    patches,
    rows,
    gemmScratch,
    totals,
  );
}
