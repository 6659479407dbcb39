import type * as tf from "@tensorflow/tfjs-core";
import { defineKernel, type Kernel, sizeOf } from "kernel-contract";
import { type Context, DOUBLE } from "../../context.ts";

/**
 * `{x: [batch, ..., channels], gamma: [channels], beta: [channels]}`, `{groups, epsilon}` →
 * `[y, mean: [batch, groups], rstd: [batch, groups]]`.
 */
export const groupNorm: Kernel<Context> = defineKernel(
  "GroupNorm",
  (context, { x, gamma, beta }, { groups, epsilon }) => {
    const sides = sidesOf("GroupNorm", x, groups);
    const statistics = [sides[0], groups];
    const outputs = [
      context.output(x.shape),
      context.output(statistics),
      context.output(statistics),
    ] as const;
    const scratch = context.scratch(2 * sides[2]);
    const at = [x, gamma, beta, ...outputs].map((tensor) => context.pointer(tensor));
    context.c.group_norm(...at, ...sides, groups, epsilon, scratch);
    return outputs;
  },
);

/** `{x, gamma, mean, rstd, dy}`, `{groups}` → `[dx, dgamma, dbeta]`. */
export const groupNormGrad: Kernel<Context> = defineKernel(
  "GroupNormGrad",
  (context, { x, gamma, mean, rstd, dy }, { groups }) => {
    const sides = sidesOf("GroupNormGrad", x, groups);
    const outputs = [
      context.output(x.shape),
      context.output([sides[2]]),
      context.output([sides[2]]),
    ] as const;
    const scratch = context.scratch(DOUBLE * 4 * sides[2]);
    const at = [x, gamma, mean, rstd, dy, ...outputs].map((tensor) => context.pointer(tensor));
    context.c.group_norm_grad(...at, ...sides, groups, scratch);
    return outputs;
  },
);

function sidesOf(
  kernel: string,
  { shape }: tf.TensorInfo,
  groups: number,
): [batch: number, pixels: number, channels: number] {
  const channels = shape.at(-1)!;
  if (shape.length < 2 || !(groups >= 1) || channels % groups !== 0) {
    throw new Error(
      `${kernel}: expected x to be [batch, ..., channels] with ${groups} groups, got [${shape}]`,
    );
  }
  return [shape[0]!, sizeOf(shape.slice(1, -1)), channels];
}
