import type { Naming, Place } from "named-weights";

/** Naming of a weights file's tensors: timm's (and facebookresearch/deit's), or transformers'. */
export type WeightNames = "timm" | "huggingface";

const EMBEDDINGS: Readonly<Record<string, string>> = {
  cls_token: "cls_token",
  distillation_token: "dist_token",
  position_embeddings: "pos_embed",
  "patch_embeddings.projection.weight": "patch_embed.proj.weight",
  "patch_embeddings.projection.bias": "patch_embed.proj.bias",
};
/** transformers' names of timm's: in files first, then as transformers 5 has them in memory. */
const IN_BLOCK: readonly (readonly [timm: string, ...huggingface: string[]])[] = [
  ["norm1", "layernorm_before"],
  ["attn.proj", "attention.output.dense", "attention.o_proj"],
  ["norm2", "layernorm_after"],
  ["mlp.fc1", "intermediate.dense", "mlp.fc1"],
  ["mlp.fc2", "output.dense", "mlp.fc2"],
];
const QKV: Readonly<Record<string, readonly string[]>> = {
  q: ["attention.attention.query", "attention.q_proj"],
  k: ["attention.attention.key", "attention.k_proj"],
  v: ["attention.attention.value", "attention.v_proj"],
};
const OUTSIDE: Readonly<Record<string, string>> = {
  layernorm: "norm",
  classifier: "head",
  cls_classifier: "head",
  distillation_classifier: "head_dist",
};

/**
 * Returns the naming of a file.
 *
 * @param distilled - Whether the model is distilled.
 */
export function namingOf(names: Iterable<string>, distilled: boolean): Naming<WeightNames> {
  const theirs = [...names].some((name) => placeOf(name).key !== name);
  return {
    ...{ names: theirs ? "huggingface" : "timm", layout: "torch", parts: Object.keys(QKV), placeOf },
    namesOf: (key) => (theirs ? huggingFaceNames(key, distilled) : [key]),
  };
}

/**
 * Returns the place of a file's tensor in timm's names; a name of neither kind is its own key.
 *
 * Accepts timm's names, those of transformers' DeiT and ViT in files (`deit.encoder.layer.0.…`) and those of its version 5
 * in memory (`deit.layers.0.…`), with or without the prefix `deit.` or `vit.`.
 */
function placeOf(name: string): Place {
  const bare = name.replace(/^(deit|vit)\./, "");
  const embedding = /^embeddings\.(.+)$/.exec(bare)?.[1];
  if (embedding !== undefined && Object.hasOwn(EMBEDDINGS, embedding)) return { key: EMBEDDINGS[embedding]! };
  const [, index, layer, kind] = /^(?:encoder\.layer|layers)\.(\d+)\.(.+)\.(weight|bias)$/.exec(bare) ?? [];
  if (layer !== undefined) {
    const part = Object.keys(QKV).find((letter) => QKV[letter]!.includes(layer));
    if (part !== undefined) return { key: `blocks.${index}.attn.qkv.${kind}`, part };
    const found = IN_BLOCK.find(([, ...names]) => names.includes(layer));
    if (found) return { key: `blocks.${index}.${found[0]}.${kind}` };
  }
  const [, outer, last] = /^(\w+)\.(weight|bias)$/.exec(bare) ?? [];
  if (outer !== undefined && Object.hasOwn(OUTSIDE, outer)) return { key: `${OUTSIDE[outer]}.${last}` };
  return { key: name };
}

/**
 * Returns the names in transformers of one of timm's keys: three for q, k and v, otherwise one.
 *
 * @param distilled - Whether the model is transformers' distilled DeiT; otherwise it is its ViT.
 */
export function huggingFaceNames(key: string, distilled: boolean): string[] {
  const prefix = distilled ? "deit" : "vit";
  const embedding = Object.keys(EMBEDDINGS).find((name) => EMBEDDINGS[name] === key);
  if (embedding) return [`${prefix}.embeddings.${embedding}`];
  const [, index, layer, kind] = /^blocks\.(\d+)\.(.+)\.(weight|bias)$/.exec(key) ?? [];
  if (layer !== undefined) {
    const block = `${prefix}.encoder.layer.${index}`;
    if (layer === "attn.qkv") return Object.values(QKV).map(([name]) => `${block}.${name}.${kind}`);
    const found = IN_BLOCK.find(([timm]) => timm === layer);
    if (found) return [`${block}.${found[1]}.${kind}`];
  }
  const [, outer, last] = /^(norm|head|head_dist)\.(weight|bias)$/.exec(key) ?? [];
  if (outer === "norm") return [`${prefix}.layernorm.${last}`];
  if (outer === "head_dist") return [`distillation_classifier.${last}`];
  if (outer === "head") return [`${distilled ? "cls_classifier" : "classifier"}.${last}`];
  return [key];
}
