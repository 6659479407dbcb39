import * as tf from "@tensorflow/tfjs-core";
import { type AdamWAttrs, AdamWUpdate } from "./adamw-update.ts";
import { attention, attentionGrad } from "./attention.ts";
import { gelu, geluGrad } from "./gelu.ts";
import type { Kernel } from "./kernel.ts";
import { layerNorm, layerNormGrad } from "./layer-norm.ts";
import { type NodeBackend, Ops } from "./ops.ts";

const KERNELS: readonly Kernel[] = [attention, attentionGrad, gelu, geluGrad, layerNorm, layerNormGrad];

/** Registers kernels for the ops of these packages on the current backend, `tensorflow`. Calling it again does nothing. */
export function installTensorFlowKernels(): void {
  if (tf.getKernel("AdamWUpdate", "tensorflow") != null) return;
  const ops = new Ops(tf.backend() as unknown as NodeBackend);
  for (const { name, run } of KERNELS) {
    register(name, ({ inputs, attrs }) => run(ops, inputs as never, (attrs ?? {}) as never));
  }
  const adamW = new AdamWUpdate(ops);
  register("AdamWUpdate", ({ inputs, attrs }) =>
    adamW.run(Object.values(inputs) as never, attrs as never as AdamWAttrs),
  );
}

/** What a kernel makes on its way is freed. */
function register(kernelName: string, run: tf.KernelFunc): void {
  const kernelFunc: tf.KernelFunc = (params) => tf.tidy(() => run(params) as tf.Tensor[]);
  tf.registerKernel({ kernelName, backendName: "tensorflow", kernelFunc });
}
