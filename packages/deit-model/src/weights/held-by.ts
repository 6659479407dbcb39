import type * as tfl from "@tensorflow/tfjs-layers";
import { type ModelWeights, shapeIn } from "named-weights";
import { LayerNorm, MultiHeadSelfAttention } from "vit-blocks";
import { layersOf } from "./layers-of.ts";
import type { WeightNames } from "./weight-names.ts";

const LIBRARY: Readonly<Record<WeightNames, string>> = { timm: "timm", huggingface: "transformers" };
const COMMON =
  /^((cls|dist)_token|pos_embed|(patch_embed\.proj|norm|head|head_dist)\.(weight|bias)|blocks\.\d+\.(norm[12]|attn\.(qkv|proj)|mlp\.fc[12])\.(weight|bias))$/;
/** Optional weights of timm's VisionTransformer. */
const TIMM = /^(reg_token|blocks\.\d+\.ls[12]\.gamma)$/;
const NEEDED = ["cls_token", "pos_embed", "patch_embed.proj.weight", "patch_embed.proj.bias", "norm.weight"];

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
  for (const key of NEEDED) if (!weights.has(key)) throw refuse(`the model has no ${key}`);
  const dim = weights.get("cls_token")!.shape.at(-1)!;
  for (const [key, { shape }] of weights) {
    const [rows, columns] = shapeIn("torch", shape as number[]);
    if (key.endsWith("attn.qkv.weight") && rows !== 3 * dim) {
      throw refuse(
        `${key} must be [${3 * dim},${dim}], heads as wide as dim together, got [${rows},${columns}]`,
      );
    }
  }
  const layers = layersOf(model);
  const attention = layers.filter((layer) => layer instanceof MultiHeadSelfAttention);
  const hidden = [...weights].filter(([key]) => key.endsWith("mlp.fc1.weight"));
  const norms = layers.filter((layer) => layer instanceof LayerNorm);
  for (const [what, values] of [
    ["number of heads", attention.map(({ heads }) => heads)],
    ["width inside the MLPs", hidden.map(([, { shape }]) => shape[1]!)],
    ["epsilon of LayerNorm", norms.map(({ epsilon }) => epsilon)],
  ] as const) {
    const different = [...new Set(values)];
    if (different.length > 1) throw refuse(`it has one ${what} for all blocks, got ${different.join(", ")}`);
  }
}
