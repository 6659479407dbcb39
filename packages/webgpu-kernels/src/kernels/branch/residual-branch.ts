import { type BranchAttributes, defineKernel, type Kernel } from "kernel-contract";
import type { Context } from "../../context.ts";
import { attend } from "../attention.ts";
import { normalize } from "../norms/layer-norm.ts";
import { multiply } from "../products/product.ts";
import { branchSizes } from "./branch-sizes.ts";

/**
 * `{x: [batch, tokens, dim], gamma, beta, kernel1, bias1, kernel2, bias2, mask?}`, `{epsilon, rows, factor, attention?}` →
 * `[y: [batch, queries, dim], normed, mean, rstd, first, middle, logSumExp?]`: three dispatches, or four with attention. All rows
 * are computed; what drops some is the mask.
 */
export const residualBranch: Kernel<Context> = defineKernel(
  "ResidualBranch",
  (context, { x, gamma, beta, kernel1, bias1, kernel2, bias2, mask }, attributes) => {
    const { attention, epsilon } = attributes as BranchAttributes;
    const sizes = branchSizes("ResidualBranch", { x, kernel1, kernel2, mask }, attributes);
    const { batch, tokens, dim, queries, inner, middle: width } = sizes;
    const [normed, mean, rstd] = normalize(context, { x, gamma, beta }, epsilon);
    const before = attention ? undefined : context.output([batch, tokens, inner]);
    const product1 = multiply(context, {
      ...{ batch: 1, rows: batch * tokens, columns: inner, inner: dim },
      ...{ a: normed, b: kernel1, bias: bias1, before, shape: [batch, tokens, inner] },
    });
    const [middle, logSumExp] = attention ? attend(context, product1, attention) : [product1];
    const y = multiply(context, {
      ...{ batch: 1, rows: batch * queries, columns: dim, inner: width },
      ...{ a: middle, b: kernel2, bias: bias2, shape: [batch, queries, dim] },
      ...{ mask, residual: x, sampleRows: queries, residualRows: tokens },
    });
    const kept = [normed, mean, rstd, before ?? product1, middle] as const;
    return logSumExp ? [y, ...kept, logSumExp] : [y, ...kept];
  },
);
