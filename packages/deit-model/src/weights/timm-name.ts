/** Names that differ from timm's by more than their last word. */
const HEADS: Readonly<Record<string, string>> = {
  classification_head: "head",
  distillation_head: "head_dist",
};
/** Weights that timm's models have at the top, whatever the layer is called here. */
const TOP = ["cls_token", "dist_token", "reg_token", "pos_embed"];
/** timm's LayerScale, whose weight is called `gamma` there too. */
const LAYER_SCALE = /(^|\.)ls\d*$/;
const WORDS: Readonly<Record<string, string>> = { kernel: "weight", gamma: "weight", beta: "bias" };

/**
 * A weight's name here as timm's key: `blocks.0.attn/qkv.kernel` → `blocks.0.attn.qkv.weight`.
 *
 * Layout differs too: matrices are `[in, out]` here and `[out, in]` there, the patch kernel `[p, p, channels, dim]` here
 * and `[dim, channels, p, p]` there.
 *
 * @param name - `LayerVariable.originalName` of a model built here.
 * @see https://github.com/huggingface/pytorch-image-models/blob/main/timm/models/deit.py
 *
 * @example
 * console.log(timmName("tokens/dist_token")); // dist_token
 */
export function timmName(name: string): string {
  const [layer = "", weight = ""] = name.split("/");
  if (TOP.includes(weight)) return weight;
  const words = weight.split(".");
  const last = words.pop()!;
  if (LAYER_SCALE.test(layer)) return [layer, ...words, last].join(".");
  return [HEADS[layer] ?? layer, ...words, WORDS[last] ?? last].join(".");
}
