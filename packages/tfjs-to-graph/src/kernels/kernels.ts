import { CONVOLUTION } from "./convolution.ts";
import { CREATION } from "./creation.ts";
import { ELEMENTWISE } from "./elementwise.ts";
import { IMAGE } from "./image.ts";
import type { KernelRow } from "./kernel-row.ts";
import { MATRICES } from "./matrices.ts";
import { NORMALIZATION } from "./normalization.ts";
import { POOLING } from "./pooling.ts";
import { REDUCTION } from "./reduction.ts";
import { SHAPE } from "./shape.ts";
import { SLICE_JOIN } from "./slice-join.ts";

/**
 * tfjs' kernels that a graph can carry, by name. Random numbers, shapes that depend on values, gradients and strings are not here.
 */
export const KERNELS: ReadonlyMap<string, KernelRow> = new Map(
  Object.entries({
    ...{ ...ELEMENTWISE, ...REDUCTION, ...NORMALIZATION, ...MATRICES },
    ...{ ...CONVOLUTION, ...POOLING, ...IMAGE, ...SHAPE, ...SLICE_JOIN, ...CREATION },
  }),
);
