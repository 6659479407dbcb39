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
  | "vit_small_patch14_reg4_dinov2";

type Build = (config: VitConfig) => tfl.LayersModel;

const base384: VitSize = { ...config.deitBase, imageSize: 384 };
const PUBLISHED: Readonly<Record<PublishedModel, readonly [Build, VitSize]>> = {
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
  vit_small_patch14_reg4_dinov2: [vit, config.vitSmallReg4],
};

/**
 * Creates a published DeiT, DeiT III or DINOv2 by its name in timm, with initial weights; see {@link loadWeights} for published ones.
 *
 * @param name - Name in timm: `…distilled…` is a {@link deit} with two outputs, the others a {@link vit} with one.
 * @param changes - Changes to the published config, such as `classes` (default 1000; 0, the features, of DINOv2) or `imageSize`.
 * @returns A tfjs model owned by the caller.
 * @throws RangeError if the name is unknown or the config is not valid.
 * @see https://github.com/huggingface/pytorch-image-models/blob/main/timm/models/deit.py and
 * vision_transformer.py
 *
 * @example
 * ```ts norun
 * const response = await fetch("https://example.org/model.safetensors");
 * const model = createModel("deit_tiny_distilled_patch16_224", { classes: 5 });
 * await loadWeights(model, await response.blob(), { adapt: ["classes"] });
 * ```
 */
export function createModel(name: PublishedModel, changes: Partial<VitConfig> = {}): tfl.LayersModel {
  if (!Object.hasOwn(PUBLISHED, name)) {
    throw new RangeError(
      `createModel: expected one of ${Object.keys(PUBLISHED).join(", ")}, got ${String(name)}`,
    );
  }
  const [build, size] = PUBLISHED[name];
  const classes = name.endsWith("dinov2") ? 0 : 1000;
  return build({ ...size, classes, ...changes });
}
