import type { Kernel } from "kernel-contract";
import type { Context } from "../context.ts";
import { adamWUpdate } from "./adamw-update.ts";
import { attention, attentionGrad } from "./attention.ts";
import { batchMatMul } from "./batch-mat-mul.ts";
import { maximum, minimum } from "./bounds.ts";
import { mean, sum } from "./column-sum.ts";
import { conv2D, conv2DBackpropFilter, conv2DBackpropInput } from "./conv2d.ts";
import { depthwiseBackpropFilter, depthwiseBackpropInput } from "./depthwise-backprop.ts";
import { einsum } from "./einsum.ts";
import { fusedMatMul } from "./fused-mat-mul.ts";
import { gelu, geluGrad } from "./gelu.ts";
import { groupNorm, groupNormGrad } from "./group-norm.ts";
import { identity } from "./identity.ts";
import { layerNorm, layerNormGrad } from "./layer-norm.ts";
import { maxPoolGrad } from "./max-pool-grad.ts";
import { patchExtract } from "./patch-extract.ts";
import { softmaxCrossEntropy, softmaxCrossEntropyGrad } from "./softmax-cross-entropy.ts";
import { squaredNorms } from "./squared-norms.ts";
import { unsortedSegmentSum } from "./unsorted-segment-sum.ts";
import { weightStandardize, weightStandardizeGrad } from "./weight-standardize.ts";

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
  gelu,
  geluGrad,
  groupNorm,
  groupNormGrad,
  identity,
  layerNorm,
  layerNormGrad,
  maximum,
  maxPoolGrad,
  mean,
  minimum,
  patchExtract,
  softmaxCrossEntropy,
  softmaxCrossEntropyGrad,
  squaredNorms,
  sum,
  unsortedSegmentSum,
  weightStandardize,
  weightStandardizeGrad,
];
