import * as tfl from "@tensorflow/tfjs-layers";
import type { VitConfig } from "./config.ts";
import { averageHead, encoder, tokenAndAverageHead, tokenHead } from "./encoder.ts";
import { requireConfig } from "./require-config.ts";

const HEADS = { token: tokenHead, avg: averageHead, token_avg: tokenAndAverageHead } as const;

/**
 * Creates a vision transformer with a class token and one head.
 *
 * `[batch, height, width, channels]`, float32 → logits `[batch, classes]`, output `classification_head`. The last block
 * computes the class token only, which is exact; all tokens where the head reads the mean of the patches (`globalPool`).
 *
 * @returns A tfjs model owned by the caller: `summary`, `fit`, `save` work as for any other.
 * @throws RangeError if the config is not valid (a patch size that does not divide the image, heads that do not divide `dim`,
 * …), before anything is allocated.
 * @see Dosovitskiy et al. 2020, https://arxiv.org/abs/2010.11929
 *
 * @example
 * const model = vit({ imageSize: 32, patchSize: 8, dim: 24, depth: 2, heads: 3, classes: 5 });
 * console.log(model.outputs[0]?.shape); // [null, 5]
 */
export function vit(config: VitConfig): tfl.LayersModel {
  requireConfig("vit", config);
  const { images, tokens } = encoder(config, false);
  const logits = HEADS[config.globalPool ?? "token"](tokens, "classification_head", config);
  return tfl.model({ inputs: images, outputs: logits, name: "vit" });
}
