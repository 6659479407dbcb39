import type * as tfl from "@tensorflow/tfjs-layers";
import type { VitConfig } from "./config.ts";
import { PUBLISHED, type PublishedModel, publishedClasses } from "./published.ts";

/**
 * Creates a published ViT, DeiT, DeiT III or DINOv2 by its name in timm, with initial weights; see {@link loadWeights} for published
 * ones.
 *
 * @param name - Name in timm: `…distilled…` is a {@link deit} with two outputs, the others a {@link vit} with one.
 * @param changes - Changes to the published config, such as `imageSize` or `classes` (default that of timm's weights: 1000, or 0, the
 * features, of DINOv2).
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
  return build({ ...size, classes: publishedClasses(name), ...changes });
}
