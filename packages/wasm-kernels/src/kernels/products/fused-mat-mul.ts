import * as tf from "@tensorflow/tfjs-core";
import { type Kernel, replaceKernel, sizeOf } from "kernel-contract";
import type { Context } from "../../context.ts";
import { matMul } from "./mat-mul.ts";

const ACTIVATIONS: Readonly<Record<string, number>> = {
  linear: 0,
  relu: 1,
  relu6: 2,
  prelu: 3,
  leakyrelu: 4,
  sigmoid: 5,
  elu: 6,
};

/**
 * `activation(a · b + bias)`. tfjs' own kernel adds the bias once per block of 48 and clamps partial sums whenever an operand
 * is transposed or the batch is larger than 1.
 */
export const fusedMatMul: Kernel<Context> = replaceKernel(
  "_FusedMatMul",
  (context, { a, b, bias, preluActivationWeights }, attrs) => {
    const { transposeA, transposeB, activation = "linear", leakyreluAlpha = 0 } = attrs;
    const kind = ACTIVATIONS[activation];
    if (kind === undefined) {
      const names = Object.keys(ACTIVATIONS).join(", ");
      throw new Error(`_FusedMatMul: expected activation to be one of ${names}, got '${activation}'`);
    }
    const columns = b.shape[b.shape.length - (transposeB ? 2 : 1)]!;
    const isRow = bias != null && sizeOf(bias.shape) === columns && bias.shape.at(-1) === columns;
    let out = matMul("_FusedMatMul", context, a, b, transposeA, transposeB, isRow ? bias : undefined);
    if (bias != null && !isRow) out = replaceBySum(context, out, bias);
    const size = sizeOf(out.shape);
    if (activation === "prelu") {
      const slopes = trailing(preluActivationWeights, out);
      if (size > 0)
        context.c.prelu(context.pointer(out), size, context.pointer(slopes), sizeOf(slopes.shape));
    } else if (kind > 0) {
      context.c.activate(context.pointer(out), size, kind, leakyreluAlpha);
    }
    return out;
  },
);

/** A bias of any other shape that broadcasts is added by tfjs' own kernel. */
function replaceBySum(context: Context, out: tf.TensorInfo, bias: tf.TensorInfo): tf.TensorInfo {
  const add = tf.getKernel("Add", "wasm").kernelFunc;
  const sum = add({ inputs: { a: out, b: bias }, attrs: {}, backend: context.backend }) as tf.TensorInfo;
  context.backend.disposeData(out.dataId);
  return sum;
}

/** The slopes, which must repeat over the last axes of `out`. */
function trailing(slopes: tf.TensorInfo | undefined, out: tf.TensorInfo): tf.TensorInfo {
  const shape = slopes?.shape.slice(slopes.shape.findIndex((dimension) => dimension !== 1)) ?? [];
  const isScalar = slopes !== undefined && sizeOf(slopes.shape) === 1;
  const matches = shape.every((dimension, i) => dimension === out.shape[out.shape.length - shape.length + i]);
  if (slopes === undefined || !(isScalar || matches)) {
    throw new Error(
      `_FusedMatMul: expected prelu weights that repeat over the last axes of [${out.shape}], got [${slopes?.shape}]`,
    );
  }
  return slopes;
}
