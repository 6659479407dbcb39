import type { Kernel } from "../kernel.ts";
import { attention, attentionGrad } from "./attention.ts";
import { batchMatMul } from "./batch-mat-mul.ts";
import { conv2DBackpropFilter, conv2DBackpropInput } from "./conv2d-backprop.ts";
import { depthwiseBackpropFilter, depthwiseBackpropInput } from "./depthwise-backprop.ts";
import { fusedMatMul } from "./fused-mat-mul.ts";
import { gelu, geluGrad } from "./gelu.ts";
import { layerNorm, layerNormGrad } from "./layer-norm.ts";
import { patchExtract } from "./patch-extract.ts";
import { unsortedSegmentSum } from "./unsorted-segment-sum.ts";

/** Every kernel of the package. */
export const kernels: readonly Kernel[] = [
  attention,
  attentionGrad,
  batchMatMul,
  conv2DBackpropFilter,
  conv2DBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  fusedMatMul,
  gelu,
  geluGrad,
  layerNorm,
  layerNormGrad,
  patchExtract,
  unsortedSegmentSum,
];
