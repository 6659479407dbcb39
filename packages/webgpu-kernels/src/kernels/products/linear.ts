import type * as tf from "@tensorflow/tfjs-core";
import { defineKernel, type Kernel, rowsOf } from "kernel-contract";
import type { Context } from "../../context.ts";
import { sumOfRows } from "../column-sum.ts";
import { multiply, multiplyWithSums } from "./product.ts";

/** `{x: [..., in], kernel: [in, out], bias: [out]}` → y = x · kernel + bias, `[..., out]`. */
export const linear: Kernel<Context> = defineKernel("Linear", (context, { x, kernel, bias }) => {
  const sides = sidesOf(x, kernel);
  const shape = [...x.shape.slice(0, -1), sides.columns];
  if (sides.rows * sides.columns === 0) return context.output(shape);
  if (sides.inner > 0) return multiply(context, { ...sides, a: x, b: kernel, bias, shape });
  const none = context.filled([4], 0); // tensors without elements have no buffer
  const y = multiply(context, { ...sides, a: none, b: none, bias, shape });
  context.free(none);
  return y;
});

/** `{x, kernel, dy}` → `[dx = dy · kernelᵀ, dkernel = xᵀ · dy, dbias = Σ dy over rows]`. */
export const linearGrad: Kernel<Context> = defineKernel("LinearGrad", (context, { x, kernel, dy }) => {
  const { rows, inner, columns } = sidesOf(x, kernel);
  if (rows * inner * columns === 0) return emptyGrad(context, x, kernel, dy);
  const dx = multiply(context, {
    ...{ batch: 1, rows, columns: inner, inner: columns, shape: x.shape },
    ...{ a: dy, b: kernel, transposeB: true },
  });
  const [dkernel, dbias] = multiplyWithSums(context, {
    ...{ batch: 1, rows: inner, columns, inner: rows, shape: kernel.shape },
    ...{ a: x, b: dy, transposeA: true },
  });
  return [dx, dkernel, dbias] as const;
});

/** The gradients where the rows, x or y are empty: sums over nothing are zeros. */
function emptyGrad(context: Context, x: tf.TensorInfo, kernel: tf.TensorInfo, dy: tf.TensorInfo) {
  const { rows, columns } = sidesOf(x, kernel);
  const dbias =
    rows * columns === 0
      ? context.filled([columns], 0)
      : sumOfRows(context, dy, { outer: 1, rows, columns }, [columns]);
  return [context.filled(x.shape, 0), context.filled(kernel.shape, 0), dbias] as const;
}

function sidesOf(x: tf.TensorInfo, kernel: tf.TensorInfo) {
  const [rows, inner] = rowsOf(x.shape);
  return { batch: 1, rows, inner, columns: kernel.shape[1]! };
}
