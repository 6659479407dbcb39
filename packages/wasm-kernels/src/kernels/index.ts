import type { Kernel } from "kernel-contract";
import type { Context } from "../context.ts";
import { adamWUpdate } from "./adamw-update.ts";
import { attention, attentionGrad } from "./attention.ts";
import { conv2D, conv2DBackpropFilter, conv2DBackpropInput } from "./convolution/conv2d.ts";
import { depthwiseBackpropFilter, depthwiseBackpropInput } from "./convolution/depthwise-backprop.ts";
import { maxPoolGrad } from "./convolution/max-pool-grad.ts";
import { patchExtract } from "./convolution/patch-extract.ts";
import { maximum, minimum } from "./elementwise/bounds.ts";
import { gelu, geluGrad } from "./elementwise/gelu.ts";
import { identity } from "./elementwise/identity.ts";
import { gatherRows, scatterRows } from "./elementwise/rows.ts";
import { slice } from "./elementwise/slice.ts";
import { groupNorm, groupNormGrad } from "./norms/group-norm.ts";
import { layerNorm, layerNormGrad } from "./norms/layer-norm.ts";
import { weightStandardize, weightStandardizeGrad } from "./norms/weight-standardize.ts";
import { batchMatMul } from "./products/batch-mat-mul.ts";
import { einsum } from "./products/einsum.ts";
import { fusedMatMul } from "./products/fused-mat-mul.ts";
import { linear, linearGrad } from "./products/linear.ts";
import { residualBranch, residualBranchGrad } from "./residual-branch.ts";
import { softmaxCrossEntropy, softmaxCrossEntropyGrad } from "./softmax-cross-entropy.ts";
import { mean, sum } from "./sums/column-sum.ts";
import { squaredNorms } from "./sums/squared-norms.ts";
import { unsortedSegmentSum } from "./sums/unsorted-segment-sum.ts";

/** Every kernel of the package. */
export const kernels: readonly Kernel<Context>[] = [
  adamWUpdate,
  attention,
  attentionGrad,
  batchMatMul,
  conv2D,
  conv2DBackpropFilter,
  conv2DBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  einsum,
  fusedMatMul,
  gatherRows,
  gelu,
  geluGrad,
  groupNorm,
  groupNormGrad,
  identity,
  layerNorm,
  layerNormGrad,
  linear,
  linearGrad,
  maximum,
  maxPoolGrad,
  mean,
  minimum,
  patchExtract,
  residualBranch,
  residualBranchGrad,
  scatterRows,
  slice,
  softmaxCrossEntropy,
  softmaxCrossEntropyGrad,
  squaredNorms,
  sum,
  unsortedSegmentSum,
  weightStandardize,
  weightStandardizeGrad,
];
