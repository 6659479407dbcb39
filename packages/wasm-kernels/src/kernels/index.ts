import type { Kernel } from "../kernel.ts";
import { batchMatMul } from "./batch-mat-mul.ts";
import { conv2DBackpropFilter, conv2DBackpropInput } from "./conv2d-backprop.ts";
import { depthwiseBackpropFilter, depthwiseBackpropInput } from "./depthwise-backprop.ts";
import { fusedMatMul } from "./fused-mat-mul.ts";
import { unsortedSegmentSum } from "./unsorted-segment-sum.ts";

/** Every kernel of the package. */
export const kernels: readonly Kernel[] = [
  batchMatMul,
  conv2DBackpropFilter,
  conv2DBackpropInput,
  depthwiseBackpropFilter,
  depthwiseBackpropInput,
  fusedMatMul,
  unsortedSegmentSum,
];
