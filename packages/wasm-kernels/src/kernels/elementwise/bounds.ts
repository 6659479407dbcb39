import type * as tf from "@tensorflow/tfjs-core";
import { type Kernel, replaceKernel, sizeOf } from "kernel-contract";
import type { Context } from "../../context.ts";

/**
 * `Minimum` and `Maximum` of a tensor and one number, as in ReLU6. tfjs' own kernel computes both indices of every element for
 * broadcasting: in a MobileNet these took longer than its convolutions. Everything else is left to it.
 */
export const minimum: Kernel<Context> = bound("Minimum");
export const maximum: Kernel<Context> = bound("Maximum");

function bound(name: "Minimum" | "Maximum"): Kernel<Context> {
  return replaceKernel(name, (context, { a, b }, _, own) => {
    const [x, one] = isOne(b) && b.shape.length <= a.shape.length ? [a, b] : [b, a];
    const fits = isOne(one) && one.shape.length <= x.shape.length;
    if (!fits || x.dtype !== "float32" || one.dtype !== "float32") return own();
    const y = context.output(x.shape);
    const run = name === "Minimum" ? context.c.minimum : context.c.maximum;
    run(context.pointer(x), context.pointer(one), context.pointer(y), sizeOf(x.shape));
    return y;
  });
}

function isOne({ shape }: tf.TensorInfo): boolean {
  return sizeOf(shape) === 1;
}
