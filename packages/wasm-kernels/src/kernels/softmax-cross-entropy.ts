import { defineKernel, type Kernel } from "kernel-contract";
import type { Context } from "../context.ts";

/** `{targets: [batch, classes], logits: [batch, classes]}` → loss `[batch]`. */
export const softmaxCrossEntropy: Kernel<Context> = defineKernel(
  "SoftmaxCrossEntropy",
  (context, { targets, logits }) => {
    const [batch, classes] = logits.shape as [number, number];
    const loss = context.output([batch]);
    const at = [targets, logits, loss].map((tensor) => context.pointer(tensor));
    context.c.softmax_cross_entropy(...at, batch, classes);
    return loss;
  },
);

/** `{targets, logits, dy: [batch]}` → dlogits = (softmax(logits) · Σ targets - targets) · dy. */
export const softmaxCrossEntropyGrad: Kernel<Context> = defineKernel(
  "SoftmaxCrossEntropyGrad",
  (context, { targets, logits, dy }) => {
    const [batch, classes] = logits.shape as [number, number];
    const dlogits = context.output(logits.shape);
    const at = [targets, logits, dy, dlogits].map((tensor) => context.pointer(tensor));
    context.c.softmax_cross_entropy_grad(...at, batch, classes);
    return dlogits;
  },
);
