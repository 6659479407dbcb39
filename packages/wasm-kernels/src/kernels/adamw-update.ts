import type * as tf from "@tensorflow/tfjs-core";
import { defineKernel, type Kernel, requireFloat32, sizeOf } from "kernel-contract";
import { type Context, FLOAT_BYTES } from "../context.ts";

/** Integers of a `Parameter` in kernels/adamw-update.c. */
const PARAMETER_INTS = 8;

/**
 * `[value, m, v, gradient]` of each of n tensors in turn, `{beta1, beta2, stepSize, epsilon, decays: number[]}` →
 * `[value, m, v]` of each.
 *
 * The memory of moments that no other tensor shares is overwritten and returned; others are copied. Values always get new
 * memory, because tfjs' convolutions keep a packed copy of a filter for as
 * long as its data lives.
 */
export const adamWUpdate: Kernel<Context> = defineKernel(
  "AdamWUpdate",
  (context, tensors, { beta1, beta2, stepSize, epsilon, decays }) => {
    const outputs: tf.TensorInfo[] = [];
    const table: number[] = [];
    for (let i = 0; i < tensors.length; i += 4) {
      const [value, m, v, gradient] = tensors.slice(i, i + 4) as [Info, Info, Info, Info];
      requireFloat32("AdamWUpdate", { value, m, v, gradient });
      const next = [context.output(value.shape), reuseOrNew(context, m), reuseOrNew(context, v)];
      table.push(...[value, m, v, gradient, ...next].map((tensor) => context.pointer(tensor)));
      table.push(sizeOf(value.shape));
      outputs.push(...next);
    }
    const count = tensors.length / 4;
    const at = context.scratch(count * (PARAMETER_INTS + 1));
    const kept = at + count * PARAMETER_INTS * FLOAT_BYTES;
    context.writeInts(at, table);
    context.writeFloats(
      kept,
      decays.map((decay) => 1 - decay),
    );
    context.c.adamw_update(at, kept, count, beta1, beta2, 1 - beta1, 1 - beta2, stepSize, epsilon);
    return outputs;
  },
);

type Info = tf.TensorInfo;

function reuseOrNew(context: Context, moment: tf.TensorInfo): tf.TensorInfo {
  const isShared = context.backend.refCount(moment.dataId) > 1;
  return isShared ? context.output(moment.shape) : context.share(moment);
}
