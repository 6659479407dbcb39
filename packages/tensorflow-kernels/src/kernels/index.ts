import type { Kernel } from "kernel-contract";
import type { Context } from "../context.ts";
import { adamWUpdate } from "./adamw-update.ts";
import { attention, attentionGrad } from "./attention.ts";
import { gelu, geluGrad } from "./gelu.ts";
import { layerNorm, layerNormGrad } from "./layer-norm.ts";

/** Every kernel of the package. */
export const kernels: readonly Kernel<Context>[] = [
  adamWUpdate,
  attention,
  attentionGrad,
  gelu,
  geluGrad,
  layerNorm,
  layerNormGrad,
];
