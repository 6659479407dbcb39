import * as tf from "@tensorflow/tfjs-core";
import { defineKernel, type Kernel, requireFloat32 } from "kernel-contract";
import type { Context } from "../context.ts";

/**
 * `[value, m, v, gradient]` of each of n tensors in turn, `{beta1, beta2, stepSize, epsilon, decays: number[]}` →
 * `[value, m, v]` of each, by TensorFlow's own `ApplyAdam`, one pass over memory: with its bias corrections at 1, its learning
 * rate is the step size.
 *
 * `ApplyAdam` works on resources: each tensor is assigned to one and read from it again.
 */
export const adamWUpdate: Kernel<Context> = defineKernel(
  "AdamWUpdate",
  (context, tensors, { beta1, beta2, stepSize, epsilon, decays }) => {
    const resourceOf = (name: string) => context.resource(`AdamWUpdate/${name}`);
    const [ofValue, ofM, ofV] = [resourceOf("value"), resourceOf("m"), resourceOf("v")];
    const resources = [ofValue, ofM, ofV];
    const numbers = [stepSize, beta1, beta2, epsilon].map((value) => tf.scalar(value, "float32"));
    const corrections = [context.scalar(0), context.scalar(0)]; // β₁ᵗ and β₂ᵗ
    return decays.flatMap((decay, i) => {
      const [value, m, v, gradient] = tensors.slice(4 * i, 4 * i + 4) as [Info, Info, Info, Info];
      requireFloat32("AdamWUpdate", { value, m, v, gradient });
      const kept = decay === 0 ? value : context.binary("Mul", value, 1 - decay);
      context.assign(ofValue, kept);
      context.assign(ofM, m);
      context.assign(ofV, v);
      const inputs = [...resources, ...corrections, ...numbers, gradient];
      context.runAll("ResourceApplyAdam", { T: "float", use_locking: false, use_nesterov: false }, inputs, 0);
      return resources.map((resource) => context.read(resource));
    });
  },
);

type Info = tf.TensorInfo;
