import * as tf from "@tensorflow/tfjs-core";

/** Number of 32-bit integers in the C struct `Conv2D`. */
export const CONV2D_INTS = 16;

/** The fields of the C struct `Conv2D` (`kernels/conv2d.h`), in its order. */
export function conv2DFields(info: tf.backend_util.Conv2DInfo): number[] {
  return [
    info.batchSize,
    info.inHeight,
    info.inWidth,
    info.inChannels,
    info.outHeight,
    info.outWidth,
    info.outChannels,
    info.filterHeight,
    info.filterWidth,
    info.strideHeight,
    info.strideWidth,
    info.dilationHeight,
    info.dilationWidth,
    info.padInfo.top,
    info.padInfo.left,
  ];
}

type Attributes = Pick<tf.Conv2DAttrs, "strides" | "pad" | "dimRoundingMode"> &
  Partial<Pick<tf.Conv2DAttrs, "dataFormat" | "dilations">>;

/** tfjs' description of a convolution, from the attributes of an operation. */
export function convolutionInfo(
  kernel: string,
  inputShape: number[],
  filterShape: number[],
  attrs: Attributes,
  isDepthwise: boolean,
): tf.backend_util.Conv2DInfo {
  const { strides, pad, dimRoundingMode, dataFormat = "NHWC", dilations = 1 } = attrs;
  if (dataFormat !== "NHWC") throw new Error(`${kernel}: expected dataFormat NHWC, got ${dataFormat}`);
  return tf.backend_util.computeConv2DInfo(
    inputShape as [number, number, number, number],
    filterShape as [number, number, number, number],
    strides,
    dilations,
    pad as "same", // which tfjs widens by paddings of its own
    dimRoundingMode,
    isDepthwise,
  );
}
