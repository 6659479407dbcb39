import type * as tfl from "@tensorflow/tfjs-layers";
import { type ModelWeights, shapeIn } from "named-weights";
import { LayerNorm, Mlp, MultiHeadSelfAttention, SwiGlu, SwiGluPacked, TokenMean } from "vit-blocks";
import { layersOf } from "./layers-of.ts";
import { patchGrid } from "./position-change.ts";
import type { WeightNames } from "./weight-names.ts";

const LIBRARY: Readonly<Record<WeightNames, string>> = { timm: "timm", huggingface: "transformers" };
const COMMON =
  /^((cls|dist)_token|pos_embed|(patch_embed\.proj|norm|head|head_dist)\.(weight|bias)|blocks\.\d+\.(norm[12]|attn\.(qkv|proj)|mlp\.fc[12])\.(weight|bias))$/;
/** Optional weights of timm's VisionTransformer. */
const TIMM =
  /^(reg_token|fc_norm\.(weight|bias)|blocks\.\d+\.(ls[12]\.gamma|attn\.[qk]_norm\.(weight|bias)|mlp\.fc1_[gx]\.(weight|bias)))$/;
const NEEDED = ["cls_token", "pos_embed", "patch_embed.proj.weight", "patch_embed.proj.bias"];
/** Biases that timm's `proj_bias` adds or leaves out together; transformers' models have them. */
const PROJ_BIASES = ["attn.proj.bias", "mlp.fc2.bias"];

/**
 * Rejects a model that a library's vision transformer cannot represent with any config.
 *
 * Theirs have the same number of heads, hidden dimension and epsilon in all blocks, and `heads · headDim = dim`.
 * (transformers 5.24 reads an undocumented `head_dim`; its earlier versions do not.)
 *
 * @throws RangeError that names the caller, the library and the difference.
 */
export function requireHeld(
  caller: string,
  names: WeightNames,
  model: tfl.LayersModel,
  weights: ModelWeights,
): void {
  const refuse = (problem: string) =>
    new RangeError(
      `${caller}: ${LIBRARY[names]} cannot hold this model: ${problem}; without names the file is for loadWeights`,
    );
  for (const key of weights.keys()) {
    if (!COMMON.test(key) && !(names === "timm" && TIMM.test(key)))
      throw refuse(`it has no place for ${key}`);
  }
  const norm = weights.has("fc_norm.weight") ? "fc_norm.weight" : "norm.weight";
  for (const key of [...NEEDED, norm]) if (!weights.has(key)) throw refuse(`the model has no ${key}`);
  const dim = weights.get("cls_token")!.shape.at(-1)!;
  for (const [key, { shape }] of weights) {
    const [rows, columns] = shapeIn("torch", shape as number[]);
    if (key.endsWith("attn.qkv.weight") && rows !== 3 * dim) {
      throw refuse(
        `${key} must be [${3 * dim},${dim}], heads as wide as dim together, got [${rows},${columns}]`,
      );
    }
  }
  requireUniform(names, weights, refuse);
  const layers = layersOf(model);
  const features = weights.get("head.weight")?.shape[0] ?? dim;
  if (features !== dim) {
    throw refuse(
      `its head reads the class token or the mean of the patches, ${dim} features, got ${features}`,
    );
  }
  if (names === "huggingface" && layers.some((layer) => layer instanceof TokenMean)) {
    throw refuse("its head reads the class token, not the mean of the patches");
  }
  const grid = patchGrid(model, weights);
  const rows = weights.get("pos_embed")!.shape[1]! - (grid ? grid[0] * grid[1] : 0);
  const distilled = weights.has("dist_token");
  const classTokens = distilled ? 2 : 1;
  if (grid !== undefined && rows !== classTokens && (names === "huggingface" || distilled)) {
    throw refuse(
      `its positions begin with those of ${classTokens} class tokens, got ${rows} rows before the patches`,
    );
  }
  const added = ["reg_token", "fc_norm.weight"].find((key) => weights.has(key));
  if (distilled && added !== undefined) throw refuse(`its distilled model has no ${added}`);
  const attention = layers.filter((layer) => layer instanceof MultiHeadSelfAttention);
  const hidden = [...weights].filter(([key]) => key.endsWith("mlp.fc1.weight"));
  const mlps = layers.filter(
    (layer) => layer instanceof Mlp || layer instanceof SwiGlu || layer instanceof SwiGluPacked,
  );
  const norms = layers.filter((layer) => layer instanceof LayerNorm);
  for (const [what, values] of [
    ["number of heads", attention.map(({ heads }) => heads)],
    ["width inside the MLPs", hidden.map(([, { shape }]) => shape[1]!)],
    ["epsilon of LayerNorm", norms.map(({ epsilon }) => epsilon)],
    ["activation", mlps.map(({ actLayer }) => actLayer)],
  ] as const) {
    const different = [...new Set<number | string>(values)];
    if (different.length > 1) throw refuse(`it has one ${what} for all blocks, got ${different.join(", ")}`);
  }
}

/** Rejects blocks that differ in their weights, and options that the library has for none. */
function requireUniform(
  names: WeightNames,
  weights: ModelWeights,
  refuse: (problem: string) => RangeError,
): void {
  const counts = new Map<string, number>();
  for (const key of weights.keys()) {
    const [, part] = /^blocks\.\d+\.(.+)$/.exec(key) ?? [];
    if (part !== undefined) counts.set(part, (counts.get(part) ?? 0) + 1);
  }
  const depth = Math.max(...counts.values());
  for (const [part, count] of counts) {
    if (count < depth)
      throw refuse(`it has ${part} in all blocks or in none, got it in ${count} of ${depth}`);
  }
  const biases = PROJ_BIASES.filter((part) => counts.has(part));
  if (biases.length === 1 || (names === "huggingface" && biases.length === 0)) {
    throw refuse(`it has biases ${PROJ_BIASES.join(" and ")}, got ${biases.join() || "none"}`);
  }
  const first = weights.get("blocks.0.mlp.fc1.weight")?.shape;
  const second = weights.get("blocks.0.mlp.fc2.weight")?.shape;
  if (names === "huggingface" && first?.[1] !== second?.[0]) {
    throw refuse("it has no gated MLP (mlpLayer 'swiglu_packed')");
  }
}
