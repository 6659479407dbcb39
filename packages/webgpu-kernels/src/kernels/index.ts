import type { Kernel } from "kernel-contract";
import type { Context } from "../context.ts";
import { adamWUpdate } from "./adamw-update.ts";
import { attention, attentionGrad } from "./attention.ts";
import { residualBranch } from "./branch/residual-branch.ts";
import { residualBranchGrad } from "./branch/residual-branch-grad.ts";
import { mean, sum } from "./column-sum.ts";
import { gelu, geluGrad } from "./gelu.ts";
import { keyedMask } from "./keyed-mask.ts";
import { layerNorm } from "./norms/layer-norm.ts";
import { layerNormGrad } from "./norms/layer-norm-grad.ts";
import { batchMatMul } from "./products/batch-mat-mul.ts";
import { linear, linearGrad } from "./products/linear.ts";
import { softmaxCrossEntropy, softmaxCrossEntropyGrad } from "./softmax-cross-entropy.ts";
import { squaredNorms } from "./squared-norms.ts";

/** Every kernel of the package. */
export const kernels: readonly Kernel<Context>[] = [
  adamWUpdate,
  attention,
  attentionGrad,
  batchMatMul,
  gelu,
  geluGrad,
  keyedMask,
  layerNorm,
  layerNormGrad,
  linear,
  linearGrad,
  mean,
  residualBranch,
  residualBranchGrad,
  softmaxCrossEntropy,
  softmaxCrossEntropyGrad,
  squaredNorms,
  sum,
];
