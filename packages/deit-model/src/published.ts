import type * as tfl from "@tensorflow/tfjs-layers";
import { config, type VitConfig, type VitSize } from "./config.ts";
import { deit } from "./deit.ts";
import { vit } from "./vit.ts";

/** Name of a published model in timm. */
export type PublishedModel =
  | "deit_tiny_patch16_224"
  | "deit_small_patch16_224"
  | "deit_base_patch16_224"
  | "deit_base_patch16_384"
  | "deit_tiny_distilled_patch16_224"
  | "deit_small_distilled_patch16_224"
  | "deit_base_distilled_patch16_224"
  | "deit_base_distilled_patch16_384"
  | "deit3_small_patch16_224"
  | "deit3_small_patch16_384"
  | "deit3_medium_patch16_224"
  | "deit3_base_patch16_224"
  | "deit3_base_patch16_384"
  | "deit3_large_patch16_224"
  | "deit3_large_patch16_384"
  | "deit3_huge_patch14_224"
  | "vit_tiny_patch16_224"
  | "vit_tiny_patch16_384"
  | "vit_small_patch32_224"
  | "vit_small_patch32_384"
  | "vit_small_patch16_224"
  | "vit_small_patch16_384"
  | "vit_small_patch8_224"
  | "vit_base_patch32_224"
  | "vit_base_patch32_384"
  | "vit_base_patch16_224"
  | "vit_base_patch16_384"
  | "vit_base_patch8_224"
  | "vit_base_patch16_224_miil"
  | "vit_large_patch32_224"
  | "vit_large_patch32_384"
  | "vit_large_patch16_224"
  | "vit_large_patch16_384"
  | "vit_large_patch14_224"
  | "vit_huge_patch14_224"
  | "vit_small_patch14_dinov2"
  | "vit_base_patch14_dinov2"
  | "vit_large_patch14_dinov2"
  | "vit_giant_patch14_dinov2"
  | "vit_small_patch14_reg4_dinov2"
  | "vit_base_patch14_reg4_dinov2"
  | "vit_large_patch14_reg4_dinov2"
  | "vit_giant_patch14_reg4_dinov2";

type Build = (config: VitConfig) => tfl.LayersModel;

const TINY = { dim: 192, depth: 12, heads: 3, headDim: 64, init: "timm" } as const;
const SMALL = { dim: 384, depth: 12, heads: 6, headDim: 64, init: "timm" } as const;
const BASE = { dim: 768, depth: 12, heads: 12, headDim: 64, init: "timm" } as const;
const LARGE = { dim: 1024, depth: 24, heads: 16, headDim: 64, init: "timm" } as const;
const HUGE = { dim: 1280, depth: 32, heads: 16, headDim: 80, init: "timm" } as const;
/** 1536 · 16/3 is the width inside DINOv2's gated MLPs, gate and value together. */
const GIANT = {
  dim: 1536,
  depth: 40,
  heads: 24,
  headDim: 64,
  init: "timm",
  mlpRatio: 16 / 3,
  mlpLayer: "swiglu_packed",
} as const;

const at = (imageSize: number, patchSize: number) => ({ imageSize, patchSize });
const DEIT3 = { noEmbedClass: true, initValues: 1e-6 } as const;
const DINOV2 = { ...at(518, 14), initValues: 1e-5 } as const;
const REG4 = { ...DINOV2, noEmbedClass: true, regTokens: 4 } as const;
const base384: VitSize = { ...config.deitBase, imageSize: 384 };

/** Builder and config of each published model. */
export const PUBLISHED: Readonly<Record<PublishedModel, readonly [Build, VitSize]>> = {
  deit_tiny_patch16_224: [vit, config.deitTiny],
  deit_small_patch16_224: [vit, config.deitSmall],
  deit_base_patch16_224: [vit, config.deitBase],
  deit_base_patch16_384: [vit, base384],
  deit_tiny_distilled_patch16_224: [deit, config.deitTiny],
  deit_small_distilled_patch16_224: [deit, config.deitSmall],
  deit_base_distilled_patch16_224: [deit, config.deitBase],
  deit_base_distilled_patch16_384: [deit, base384],
  deit3_small_patch16_224: [vit, config.deit3Small],
  deit3_small_patch16_384: [vit, { ...config.deit3Small, imageSize: 384 }],
  deit3_medium_patch16_224: [vit, config.deit3Medium],
  deit3_base_patch16_224: [vit, config.deit3Base],
  deit3_base_patch16_384: [vit, { ...config.deit3Base, imageSize: 384 }],
  deit3_large_patch16_224: [vit, { ...LARGE, ...DEIT3, ...at(224, 16) }],
  deit3_large_patch16_384: [vit, { ...LARGE, ...DEIT3, ...at(384, 16) }],
  deit3_huge_patch14_224: [vit, { ...HUGE, ...DEIT3, ...at(224, 14) }],
  vit_tiny_patch16_224: [vit, { ...TINY, ...at(224, 16) }],
  vit_tiny_patch16_384: [vit, { ...TINY, ...at(384, 16) }],
  vit_small_patch32_224: [vit, { ...SMALL, ...at(224, 32) }],
  vit_small_patch32_384: [vit, { ...SMALL, ...at(384, 32) }],
  vit_small_patch16_224: [vit, { ...SMALL, ...at(224, 16) }],
  vit_small_patch16_384: [vit, { ...SMALL, ...at(384, 16) }],
  vit_small_patch8_224: [vit, { ...SMALL, ...at(224, 8) }],
  vit_base_patch32_224: [vit, { ...BASE, ...at(224, 32) }],
  vit_base_patch32_384: [vit, { ...BASE, ...at(384, 32) }],
  vit_base_patch16_224: [vit, { ...BASE, ...at(224, 16) }],
  vit_base_patch16_384: [vit, { ...BASE, ...at(384, 16) }],
  vit_base_patch8_224: [vit, { ...BASE, ...at(224, 8) }],
  vit_base_patch16_224_miil: [vit, { ...BASE, ...at(224, 16), qkvBias: false }],
  vit_large_patch32_224: [vit, { ...LARGE, ...at(224, 32) }],
  vit_large_patch32_384: [vit, { ...LARGE, ...at(384, 32) }],
  vit_large_patch16_224: [vit, { ...LARGE, ...at(224, 16) }],
  vit_large_patch16_384: [vit, { ...LARGE, ...at(384, 16) }],
  vit_large_patch14_224: [vit, { ...LARGE, ...at(224, 14) }],
  vit_huge_patch14_224: [vit, { ...HUGE, ...at(224, 14) }],
  vit_small_patch14_dinov2: [vit, { ...SMALL, ...DINOV2 }],
  vit_base_patch14_dinov2: [vit, { ...BASE, ...DINOV2 }],
  vit_large_patch14_dinov2: [vit, { ...LARGE, ...DINOV2 }],
  vit_giant_patch14_dinov2: [vit, { ...GIANT, ...DINOV2 }],
  vit_small_patch14_reg4_dinov2: [vit, config.vitSmallReg4],
  vit_base_patch14_reg4_dinov2: [vit, { ...BASE, ...REG4 }],
  vit_large_patch14_reg4_dinov2: [vit, { ...LARGE, ...REG4 }],
  vit_giant_patch14_reg4_dinov2: [vit, { ...GIANT, ...REG4 }],
};

/** Number of classes where timm's default weights have another than 1000; 0 is the features. */
const CLASSES: Partial<Readonly<Record<PublishedModel, number>>> = {
  vit_small_patch8_224: 0,
  vit_large_patch32_224: 0,
  vit_huge_patch14_224: 0,
  vit_base_patch16_224_miil: 11221,
};

/** Returns the number of classes of a published model's default weights in timm. */
export function publishedClasses(name: PublishedModel): number {
  return CLASSES[name] ?? (name.endsWith("dinov2") ? 0 : 1000);
}
