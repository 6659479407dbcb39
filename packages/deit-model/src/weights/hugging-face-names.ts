import type { Place } from "named-weights";
import type { HuggingFaceFamily, ModelKind } from "./model-kind.ts";

const EMBEDDINGS: Readonly<Record<string, string>> = {
  cls_token: "cls_token",
  distillation_token: "dist_token",
  register_tokens: "reg_token",
  position_embeddings: "pos_embed",
  "patch_embeddings.projection.weight": "patch_embed.proj.weight",
  "patch_embeddings.projection.bias": "patch_embed.proj.bias",
};
/** timm's names in a block by transformers': in files, then as transformers 5 has them in memory. */
const IN_BLOCK: Readonly<Record<string, string>> = {
  layernorm_before: "norm1",
  layernorm_after: "norm2",
  "attention.output.dense": "attn.proj",
  "intermediate.dense": "mlp.fc1",
  "output.dense": "mlp.fc2",
  norm1: "norm1",
  norm2: "norm2",
  "mlp.weights_in": "mlp.fc1",
  "mlp.weights_out": "mlp.fc2",
  "attention.o_proj": "attn.proj",
  "mlp.fc1": "mlp.fc1",
  "mlp.fc2": "mlp.fc2",
  "mlp.down_proj": "mlp.fc2",
};
/** Weights that transformers has in parts: timm's name, and the part. */
const PARTS: Readonly<Record<string, readonly [timm: string, part: string]>> = {
  "attention.attention.query": ["attn.qkv", "q"],
  "attention.attention.key": ["attn.qkv", "k"],
  "attention.attention.value": ["attn.qkv", "v"],
  "attention.q_proj": ["attn.qkv", "q"],
  "attention.k_proj": ["attn.qkv", "k"],
  "attention.v_proj": ["attn.qkv", "v"],
  "mlp.gate_proj": ["mlp.fc1", "gate"],
  "mlp.up_proj": ["mlp.fc1", "up"],
};
const OUTSIDE: Readonly<Record<string, string>> = {
  layernorm: "norm",
  classifier: "head",
  cls_classifier: "head",
  distillation_classifier: "head_dist",
};
/** Name of DINOv2's token of masked patches, which no model here has. */
export const MASK_TOKEN = "embeddings.mask_token";
const PREFIX = /^(deit|vit|dinov2|dinov2_with_registers)\./;

/**
 * Returns the place of a tensor of transformers' ViT, DeiT or DINOv2 in timm's names; `undefined` if it is not named as one.
 *
 * Accepts the names in files (`deit.encoder.layer.0.…`) and those of version 5 in memory (`deit.layers.0.…`), with or without the
 * prefix. The distillation token is a register for a model that is not distilled and has registers (`DeiTForImageClassification`).
 */
export function huggingFacePlace(name: string, kind: ModelKind): Place | undefined {
  const bare = name.replace(PREFIX, "");
  const embedding = /^embeddings\.(.+)$/.exec(bare)?.[1];
  if (embedding !== undefined && Object.hasOwn(EMBEDDINGS, embedding)) {
    const key = EMBEDDINGS[embedding]!;
    return { key: key === "dist_token" && kind.registers && !kind.distilled ? "reg_token" : key };
  }
  const [, index, rest] = /^(?:encoder\.layer|layers)\.(\d+)\.(.+)$/.exec(bare) ?? [];
  if (rest !== undefined) return placeInBlock(`blocks.${index}`, rest);
  const [, outer, last] = /^(\w+)\.(weight|bias)$/.exec(bare) ?? [];
  if (outer !== undefined && Object.hasOwn(OUTSIDE, outer)) return { key: `${OUTSIDE[outer]}.${last}` };
  return undefined;
}

function placeInBlock(block: string, rest: string): Place | undefined {
  const [, branch] = /^layer_scale([12])\.lambda1$/.exec(rest) ?? [];
  if (branch !== undefined) return { key: `${block}.ls${branch}.gamma` };
  const [, layer, kind] = /^(.+)\.(weight|bias)$/.exec(rest) ?? [];
  if (layer === undefined) return undefined;
  if (Object.hasOwn(PARTS, layer)) {
    const [timm, part] = PARTS[layer]!;
    return { key: `${block}.${timm}.${kind}`, part };
  }
  return Object.hasOwn(IN_BLOCK, layer) ? { key: `${block}.${IN_BLOCK[layer]}.${kind}` } : undefined;
}

/** Returns the names of a weight's parts in transformers. */
export function huggingFaceParts(key: string): readonly string[] {
  return key.includes(".mlp.fc1.") ? ["gate", "up"] : ["q", "k", "v"];
}

/** transformers' names in a block's files by timm's, of ViT and DeiT and of DINOv2. */
const OF_VIT: Readonly<Record<string, readonly string[]>> = {
  norm1: ["layernorm_before"],
  "attn.qkv": ["attention.attention.query", "attention.attention.key", "attention.attention.value"],
  "attn.proj": ["attention.output.dense"],
  norm2: ["layernorm_after"],
  "mlp.fc1": ["intermediate.dense"],
  "mlp.fc2": ["output.dense"],
};
const OF_DINOV2: Readonly<Record<string, readonly string[]>> = {
  ...OF_VIT,
  norm1: ["norm1"],
  norm2: ["norm2"],
  "mlp.fc1": ["mlp.fc1"],
  "mlp.fc2": ["mlp.fc2"],
};
const GATED: Readonly<Record<string, readonly string[]>> = {
  ...OF_DINOV2,
  "mlp.fc1": ["mlp.weights_in"],
  "mlp.fc2": ["mlp.weights_out"],
};

/** Returns the names in transformers' files of one of timm's keys: three for q, k and v, otherwise one. */
export function huggingFaceNames(key: string, kind: ModelKind): string[] {
  const prefix = prefixOf(kind);
  const token = key === "reg_token" && kind.family === "deit" ? "dist_token" : key;
  const embedding = Object.keys(EMBEDDINGS).find((name) => EMBEDDINGS[name] === token);
  if (embedding !== undefined) return [`${prefix}embeddings.${embedding}`];
  const [, index, part] = /^blocks\.(\d+)\.(.+)$/.exec(key) ?? [];
  if (part !== undefined) {
    const block = `${prefix}encoder.layer.${index}`;
    const [, branch] = /^ls([12])\.gamma$/.exec(part) ?? [];
    if (branch !== undefined) return [`${block}.layer_scale${branch}.lambda1`];
    const [, layer = "", last] = /^(.+)\.(weight|bias)$/.exec(part) ?? [];
    const table = isDinov2(kind.family) ? (kind.gated ? GATED : OF_DINOV2) : OF_VIT;
    if (Object.hasOwn(table, layer)) return table[layer]!.map((name) => `${block}.${name}.${last}`);
  }
  const [, outer, last] = /^(norm|head|head_dist)\.(weight|bias)$/.exec(key) ?? [];
  if (outer === "norm") return [`${prefix}layernorm.${last}`];
  if (outer === "head_dist") return [`distillation_classifier.${last}`];
  if (outer === "head") return [`${kind.distilled ? "cls_classifier" : "classifier"}.${last}`];
  return [key];
}

/** Returns the prefix of a model with a head. */
function prefixOf({ family }: ModelKind): string {
  return `${family}.`;
}

/** Whether a family is one of DINOv2's. */
function isDinov2(family: HuggingFaceFamily): boolean {
  return family === "dinov2" || family === "dinov2_with_registers";
}
