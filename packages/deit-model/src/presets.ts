import type * as tfl from "@tensorflow/tfjs-layers";
import type { VitConfig } from "./config.ts";
import { createModel } from "./create-model.ts";
import type { PublishedModel } from "./published.ts";

/** Creates a published model; `changes` to its config, such as `classes`, are those of {@link createModel}. */
export type Preset = (changes?: Partial<VitConfig>) => tfl.LayersModel;

const preset =
  (name: PublishedModel): Preset =>
  (changes) =>
    createModel(name, changes);

/** DeiT-Ti/16 at 224². */
export const deitTiny: Preset = preset("deit_tiny_patch16_224");
/** DeiT-S/16 at 224². */
export const deitSmall: Preset = preset("deit_small_patch16_224");
/** DeiT-B/16 at 224². */
export const deitBase: Preset = preset("deit_base_patch16_224");
/** DeiT-B/16 at 384². */
export const deitBase384: Preset = preset("deit_base_patch16_384");
/** DeiT-Ti/16 at 224² with a distillation token. */
export const deitTinyDistilled: Preset = preset("deit_tiny_distilled_patch16_224");
/** DeiT-S/16 at 224² with a distillation token. */
export const deitSmallDistilled: Preset = preset("deit_small_distilled_patch16_224");
/** DeiT-B/16 at 224² with a distillation token. */
export const deitBaseDistilled: Preset = preset("deit_base_distilled_patch16_224");
/** DeiT-B/16 at 384² with a distillation token. */
export const deitBaseDistilled384: Preset = preset("deit_base_distilled_patch16_384");
/** DeiT III-S/16 at 224². */
export const deit3Small: Preset = preset("deit3_small_patch16_224");
/** DeiT III-S/16 at 384². */
export const deit3Small384: Preset = preset("deit3_small_patch16_384");
/** DeiT III-M/16 at 224². */
export const deit3Medium: Preset = preset("deit3_medium_patch16_224");
/** DeiT III-B/16 at 224². */
export const deit3Base: Preset = preset("deit3_base_patch16_224");
/** DeiT III-B/16 at 384². */
export const deit3Base384: Preset = preset("deit3_base_patch16_384");
/** DINOv2's ViT-S/14 with four registers at 518², without a head. */
export const vitSmallReg4: Preset = preset("vit_small_patch14_reg4_dinov2");
