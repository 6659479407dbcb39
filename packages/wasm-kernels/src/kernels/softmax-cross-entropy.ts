import { requireFloat32 } from "../context.ts";
import type { Kernel } from "../kernel.ts";

/** `{targets: [batch, classes], logits: [batch, classes]}` → loss `[batch]`. */
export const softmaxCrossEntropy: Kernel = {
  name: "SoftmaxCrossEntropy",
  run(context, { targets, logits }) {
    requireFloat32("SoftmaxCrossEntropy", { targets: targets!, logits: logits! });
    const [batch, classes] = logits!.shape as [number, number];
    const loss = context.output([batch]);
    const at = [targets!, logits!, loss].map((tensor) => context.pointer(tensor));
    context.c.softmax_cross_entropy(...at, batch, classes);
    return loss;
  },
};

/** `{targets, logits, dy: [batch]}` → dlogits = (softmax(logits) · Σ targets - targets) · dy. */
export const softmaxCrossEntropyGrad: Kernel = {
  name: "SoftmaxCrossEntropyGrad",
  run(context, { targets, logits, dy }) {
    requireFloat32("SoftmaxCrossEntropyGrad", { targets: targets!, logits: logits!, dy: dy! });
    const [batch, classes] = logits!.shape as [number, number];
    const dlogits = context.output(logits!.shape);
    const at = [targets!, logits!, dy!, dlogits].map((tensor) => context.pointer(tensor));
    context.c.softmax_cross_entropy_grad(...at, batch, classes);
    return dlogits;
  },
};
