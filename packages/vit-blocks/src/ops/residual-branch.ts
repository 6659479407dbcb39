import type * as tf from "@tensorflow/tfjs-core";
import { type BranchAttributes, customOp, hasKernel, runKernel, withGradient } from "kernel-contract";

/** Weights of a branch: of its normalization and of its two products. */
export interface BranchWeights {
  readonly gamma: tf.Tensor;
  readonly beta: tf.Tensor;
  readonly kernel1: tf.Tensor;
  readonly bias1: tf.Tensor;
  readonly kernel2: tf.Tensor;
  readonly bias2: tf.Tensor;
}

/** Whether the current backend computes a residual branch by one kernel. */
export function hasResidualBranch(): boolean {
  return hasKernel("ResidualBranch", "ResidualBranchGrad");
}

/** Whether it computes the rows that it is given alone; otherwise all, with a mask. */
export function takesRows(): boolean {
  return hasKernel("GatherRows");
}

/**
 * A whole residual branch of a block, `y = x + factor · (f(norm(x) · kernel1 + bias1) · kernel2 + bias2)`, as one op, on the CPU with
 * the bits of the single ops. x, gamma, both kernels and tensors of the backend's own are saved for the backward pass.
 *
 * @param mask - `[batch]`, which multiplies each sample's branch. Default: none.
 */
export function residualBranch(
  x: tf.Tensor,
  weights: BranchWeights,
  branch: Omit<BranchAttributes, "epsilon">,
  { epsilon, mask }: { readonly epsilon: number; readonly mask?: tf.Tensor | undefined },
): tf.Tensor {
  const attributes = { ...branch, epsilon };
  const { gamma, beta, kernel1, bias1, kernel2, bias2 } = weights;
  const masks = mask === undefined ? [] : [mask];
  return customOp([x, gamma, beta, kernel1, bias1, kernel2, bias2], (v, g, b, k1, b1, k2, b2) => {
    const inputs = { x: v, gamma: g, beta: b, kernel1: k1, bias1: b1, kernel2: k2, bias2: b2 };
    const [value, ...kept] = runKernel("ResidualBranch", { ...inputs, ...(mask && { mask }) }, attributes);
    return withGradient<tf.Tensor[]>({
      value,
      saved: [v, g, k1, k2, ...masks, ...(kept as tf.Tensor[])],
      backward: (dy, [sx, sg, s1, s2, ...rest]) => {
        const given = { x: sx!, gamma: sg!, kernel1: s1!, kernel2: s2!, dy };
        const masked = masks.length > 0 && { mask: rest.shift()! };
        const [first, ...more] = rest as [tf.Tensor, ...tf.Tensor[]];
        const named = Object.fromEntries(more.map((tensor, i) => [`kept${i + 1}`, tensor]));
        return runKernel("ResidualBranchGrad", { ...given, ...masked, kept: first, ...named }, attributes);
      },
    });
  });
}
