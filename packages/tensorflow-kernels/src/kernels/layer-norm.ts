import type * as tf from "@tensorflow/tfjs-core";
import { defineKernel, type Kernel, rowsOf } from "kernel-contract";
import type { Context } from "../context.ts";

/** `{x: [..., dim], gamma, beta}`, `{epsilon}` → `[y, mean: [rows, 1], rstd: [rows, 1]]`. */
export const layerNorm: Kernel<Context> = defineKernel(
  "LayerNorm",
  (context, { x: given, gamma, beta }, { epsilon }) => {
    const x = context.reshape(given, rowsOf(given.shape));
    const mean = context.reduce("Mean", x, 1, true);
    const centered = context.binary("Sub", x, mean);
    const variance = context.reduce("Mean", context.unary("Square", centered), 1, true);
    const rstd = context.unary("Rsqrt", context.binary("AddV2", variance, epsilon));
    const normed = context.binary("Mul", centered, rstd);
    const y = context.binary("AddV2", context.binary("Mul", normed, gamma), beta);
    return [context.reshape(y, given.shape), mean, rstd];
  },
);

/** `{x, gamma, mean, rstd, dy}` → `[dx, dgamma, dbeta]`. */
export const layerNormGrad: Kernel<Context> = defineKernel(
  "LayerNormGrad",
  (context, { x: given, gamma, mean, rstd, dy: slopes }) => {
    const [x, dy] = [given, slopes].map((tensor) => context.reshape(tensor, rowsOf(given.shape))) as Pair;
    const normed = context.binary("Mul", context.binary("Sub", x, mean), rstd);
    const product = context.binary("Mul", dy, normed);
    const along = context.binary("Mul", normed, meanWith(context, product, gamma));
    const level = context.binary("AddV2", along, meanWith(context, dy, gamma));
    const centered = context.binary("Sub", context.binary("Mul", dy, gamma), level);
    return [
      context.reshape(context.binary("Mul", centered, rstd), given.shape),
      context.reduce("Sum", product, 0),
      context.reduce("Sum", dy, 0),
    ];
  },
);

type Pair = [tf.TensorInfo, tf.TensorInfo];

/** The mean of `row · gamma` for each row, `[rows, 1]`: one product, where mean after product are two passes. */
function meanWith(context: Context, x: tf.TensorInfo, gamma: tf.TensorInfo): tf.TensorInfo {
  const [dim] = gamma.shape as [number];
  const sums = context.matMul(x, context.reshape(gamma, [dim, 1]), false, false);
  return context.binary("Mul", sums, 1 / dim);
}
