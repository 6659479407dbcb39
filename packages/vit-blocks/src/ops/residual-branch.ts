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

/**
 * A whole residual branch of a block, `y = x + factor · (f(norm(x) · kernel1 + bias1) · kernel2 + bias2)`, as one op with the bits
 * of the single ops. x, gamma, both kernels and a block of the backend's own are saved for the backward pass.
 */
export function residualBranch(
  x: tf.Tensor,
  weights: BranchWeights,
  branch: Omit<BranchAttributes, "epsilon">,
  epsilon: number,
): tf.Tensor {
  const attributes = { ...branch, epsilon };
  const { gamma, beta, kernel1, bias1, kernel2, bias2 } = weights;
  return customOp([x, gamma, beta, kernel1, bias1, kernel2, bias2], (v, g, b, k1, b1, k2, b2) => {
    const inputs = { x: v, gamma: g, beta: b, kernel1: k1, bias1: b1, kernel2: k2, bias2: b2 };
    const [value, kept] = runKernel("ResidualBranch", inputs, attributes);
    return withGradient({
      value,
      saved: [v, g, k1, k2, kept],
      backward: (dy, [sx, sg, s1, s2, sk]) =>
        runKernel(
          "ResidualBranchGrad",
          { x: sx, gamma: sg, kernel1: s1, kernel2: s2, kept: sk, dy },
          attributes,
        ),
    });
  });
}
