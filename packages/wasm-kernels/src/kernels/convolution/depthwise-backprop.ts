import { type Kernel, replaceKernel, requireFloat32, sizeOf } from "kernel-contract";
import { type Context, DOUBLE, FLOAT_BYTES } from "../../context.ts";
import { CONV2D_INTS, conv2DFields, convolutionInfo } from "./convolution.ts";

/** Gradient of `tf.depthwiseConv2d` with respect to its filter: absent from tfjs' WASM backend. */
export const depthwiseBackpropFilter: Kernel<Context> = replaceKernel(
  "DepthwiseConv2dNativeBackpropFilter",
  (context, { x, dy }, attrs) => {
    requireFloat32("DepthwiseConv2dNativeBackpropFilter", { x, dy });
    const name = "DepthwiseConv2dNativeBackpropFilter";
    const info = convolutionInfo(name, x.shape, attrs.filterShape, attrs, true);
    const out = context.output(attrs.filterShape);
    const doubles = DOUBLE * sizeOf(attrs.filterShape);
    const totals = context.scratch(doubles + CONV2D_INTS);
    const fields = totals + FLOAT_BYTES * doubles;
    context.writeInts(fields, conv2DFields(info));
    const { depthwise_backprop_filter: run } = context.c;
    run(context.pointer(x), context.pointer(dy), context.pointer(out), fields, totals);
    return out;
  },
);

/** Gradient of `tf.depthwiseConv2d` with respect to its input: absent from tfjs' WASM backend. */
export const depthwiseBackpropInput: Kernel<Context> = replaceKernel(
  "DepthwiseConv2dNativeBackpropInput",
  (context, { dy, filter }, attrs) => {
    requireFloat32("DepthwiseConv2dNativeBackpropInput", { dy, filter });
    const name = "DepthwiseConv2dNativeBackpropInput";
    const info = convolutionInfo(name, attrs.inputShape, filter.shape, attrs, true);
    const out = context.output(info.inShape);
    const fields = context.scratch(CONV2D_INTS);
    context.writeInts(fields, conv2DFields(info));
    const { depthwise_backprop_input: run } = context.c;
    run(context.pointer(dy), context.pointer(filter), context.pointer(out), fields);
    return out;
  },
);
