import type * as tf from "@tensorflow/tfjs-core";
import { sizeOf } from "../context.ts";
import type { Kernel } from "../kernel.ts";

/**
 * `Minimum` and `Maximum` of a tensor and one number, as in ReLU6. Stock tfjs works out both places of every element for
 * broadcasting: in a MobileNet these took longer than its convolutions. All else is left to it.
 */
export const minimum: Kernel = bound("Minimum");
export const maximum: Kernel = bound("Maximum");

function bound(name: "Minimum" | "Maximum"): Kernel {
  return {
    name,
    run(context, { a, b }, _, stock) {
      const [x, one] = isOne(b!) && b!.shape.length <= a!.shape.length ? [a!, b!] : [b!, a!];
      const fits = isOne(one) && one.shape.length <= x.shape.length;
      if (!fits || x.dtype !== "float32" || one.dtype !== "float32") return stock();
      const y = context.output(x.shape);
      const run = name === "Minimum" ? context.c.minimum : context.c.maximum;
      run(context.pointer(x), context.pointer(one), context.pointer(y), sizeOf(x.shape));
      return y;
    },
  };
}

function isOne({ shape }: tf.TensorInfo): boolean {
  return sizeOf(shape) === 1;
}
