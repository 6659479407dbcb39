import type * as tf from "@tensorflow/tfjs-core";
import { requireFloat32, sizeOf } from "../context.ts";
import type { Kernel } from "../kernel.ts";

/** `{x: [..., dim]}`, `{scale}` → softmax(scale · x) over the last axis. */
export const scaledSoftmax: Kernel = {
  name: "ScaledSoftmax",
  run(context, { x }, { scale }) {
    requireFloat32("ScaledSoftmax", { x: x! });
    const y = context.output(x!.shape);
    context.c.scaled_softmax!(context.pointer(x!), context.pointer(y), ...rowsAndDim(x!), scale);
    return y;
  },
};

/** `{y, dy}`, `{scale}` → scale · y · (dy - Σ dy · y). */
export const scaledSoftmaxGrad: Kernel = {
  name: "ScaledSoftmaxGrad",
  run(context, { y, dy }, { scale }) {
    requireFloat32("ScaledSoftmaxGrad", { y: y!, dy: dy! });
    const dx = context.output(y!.shape);
    const at = [y!, dy!, dx].map((tensor) => context.pointer(tensor));
    context.c.scaled_softmax_grad!(...at, ...rowsAndDim(y!), scale);
    return dx;
  },
};

function rowsAndDim({ shape }: tf.TensorInfo): [rows: number, dim: number] {
  return [sizeOf(shape.slice(0, -1)), shape.at(-1)!];
}
