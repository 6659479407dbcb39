import type * as tf from "@tensorflow/tfjs-core";
import { defineKernel, type Kernel } from "kernel-contract";
import type { Context } from "../../context.ts";
import { attendGrad } from "../attention.ts";
import { normalizeGrad } from "../norms/layer-norm-grad.ts";
import { multiply, multiplyWithSums } from "../products/product.ts";
import { branchSizes } from "./branch-sizes.ts";

type Info = tf.TensorInfo;

/**
 * `{x, gamma, kernel1, kernel2, mask?, dy}` and what `ResidualBranch` kept, the same attributes → the gradients of x and the
 * weights, in their order: five dispatches, or six with attention, and three more for many rows.
 */
export const residualBranchGrad: Kernel<Context> = defineKernel(
  "ResidualBranchGrad",
  (context, { x, gamma, kernel1, kernel2, mask, dy, ...kept }, attributes) => {
    const { attention } = attributes;
    const sizes = branchSizes("ResidualBranchGrad", { x, kernel1, kernel2, mask }, attributes);
    const { batch, tokens, dim, queries, inner, middle: width } = sizes;
    const { kept: normed, kept1: mean, kept2: rstd, kept3: first, kept4: middle, kept5: logSumExp } = kept;
    if (!mean || !rstd || !first || !middle || (attention && !logSumExp)) {
      throw new Error("ResidualBranchGrad: expected all tensors that ResidualBranch kept");
    }
    const masked = { mask, sampleRows: queries };
    const dmiddle = multiply(context, {
      ...{ batch: 1, rows: batch * queries, columns: width, inner: dim, shape: [batch, queries, width] },
      ...{ a: dy, b: kernel2, transposeB: true, slopeAt: attention ? undefined : first, ...masked },
    });
    const [dkernel2, dbias2] = multiplyWithSums(context, {
      ...{ batch: 1, rows: width, columns: dim, inner: batch * queries, shape: kernel2.shape },
      ...{ a: middle, b: dy, transposeA: true, innerMask: mask !== undefined, ...masked },
    });
    let dfirst = dmiddle;
    if (attention) {
      dfirst = attendGrad(
        context,
        { qkv: first, out: middle, logSumExp: logSumExp!, dy: dmiddle },
        attention,
      );
      context.free(dmiddle);
    }
    const [dkernel1, dbias1] = multiplyWithSums(context, {
      ...{ batch: 1, rows: dim, columns: inner, inner: batch * tokens, shape: kernel1.shape },
      ...{ a: normed as Info, b: dfirst, transposeA: true },
    });
    const dnormed = multiply(context, {
      ...{ batch: 1, rows: batch * tokens, columns: dim, inner, shape: x.shape },
      ...{ a: dfirst, b: kernel1, transposeB: true },
    });
    context.free(dfirst);
    const added = { tensor: dy, queries, tokens };
    const [dx, dgamma, dbeta] = normalizeGrad(context, { x, gamma, mean, rstd, dy: dnormed }, added);
    context.free(dnormed);
    return [dx, dgamma, dbeta, dkernel1, dbias1, dkernel2, dbias2] as const;
  },
);
