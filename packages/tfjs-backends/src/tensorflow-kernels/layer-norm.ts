import type { Kernel } from "./kernel.ts";
import type { Ops, Tensor } from "./ops.ts";

/** `{x: [rows, dim], gamma, beta}`, `{epsilon}` → `[y, mean: [rows, 1], rstd: [rows, 1]]`. */
export const layerNorm: Kernel = {
  name: "LayerNorm",
  run(ops, { x, gamma, beta }, { epsilon }) {
    const mean = ops.reduce("Mean", x!, 1, true);
    const centered = ops.binary("Sub", x!, mean);
    const variance = ops.reduce("Mean", ops.unary("Square", centered), 1, true);
    const rstd = ops.unary("Rsqrt", ops.binary("AddV2", variance, epsilon!));
    const y = ops.binary("AddV2", ops.binary("Mul", ops.binary("Mul", centered, rstd), gamma!), beta!);
    return [y, mean, rstd];
  },
};

/** `{x, gamma, mean, rstd, dy}` → `[dx, dgamma, dbeta]`. */
export const layerNormGrad: Kernel = {
  name: "LayerNormGrad",
  run(ops, { x, gamma, mean, rstd, dy }) {
    const normed = ops.binary("Mul", ops.binary("Sub", x!, mean!), rstd!);
    const product = ops.binary("Mul", dy!, normed);
    const along = ops.binary("Mul", normed, meanWith(ops, product, gamma!));
    const level = ops.binary("AddV2", along, meanWith(ops, dy!, gamma!));
    const dx = ops.binary("Mul", ops.binary("Sub", ops.binary("Mul", dy!, gamma!), level), rstd!);
    return [dx, ops.reduce("Sum", product, 0), ops.reduce("Sum", dy!, 0)];
  },
};

/** The mean of `row · gamma` for each row, `[rows, 1]`: one product, where mean after product are two passes. */
function meanWith(ops: Ops, x: Tensor, gamma: Tensor): Tensor {
  const [dim] = gamma.shape as [number];
  const sums = ops.matMul(x, ops.reshape(gamma, [dim, 1]), false, false);
  return ops.binary("Mul", sums, 1 / dim);
}
