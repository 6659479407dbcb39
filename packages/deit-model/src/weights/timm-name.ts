import { requireArguments, STRING } from "known-options";

/** Layer names that differ from timm's. */
const HEADS: Readonly<Record<string, string>> = {
  classification_head: "head",
  distillation_head: "head_dist",
};
/** Weights at the top level of timm's models, in whichever layer they are here. */
const TOP = ["cls_token", "dist_token", "reg_token", "pos_embed"];
/** timm's LayerScale, whose weight is named `gamma` in timm too. */
const LAYER_SCALE = /(^|\.)ls\d*$/;
const WORDS: Readonly<Record<string, string>> = { kernel: "weight", gamma: "weight", beta: "bias" };

/**
 * Returns timm's key of a weight: `blocks.0.attn/qkv.kernel` → `blocks.0.attn.qkv.weight`.
 *
 * The layout differs too: matrices are `[in, out]` here and `[out, in]` in timm, the patch kernel `[p, p, channels, dim]`
 * here and `[dim, channels, p, p]` in timm.
 *
 * @param name - `LayerVariable.originalName` of a model of this package.
 * @see https://github.com/huggingface/pytorch-image-models/blob/main/timm/models/deit.py
 *
 * @example
 * console.log(timmName("tokens/dist_token")); // dist_token
 */
export function timmName(name: string): string {
  requireArguments("timmName", { name }, { name: STRING });
  const [layer = "", weight = ""] = name.split("/");
  if (TOP.includes(weight)) return weight;
  const words = weight.split(".");
  const last = words.pop()!;
  if (LAYER_SCALE.test(layer)) return [layer, ...words, last].join(".");
  return [HEADS[layer] ?? layer, ...words, WORDS[last] ?? last].join(".");
}
