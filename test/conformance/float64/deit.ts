// Vision transformers in float64: a layer's weights come by name, as the packages name them.
import type { VitConfig } from "deit-model";
import { type Array64, add, at, build, reshape } from "./array.ts";
import { type Drop, dropout, stochasticDepth } from "./draws.ts";
import { attention, gelu, layerNorm, linear, patchExtract } from "./functions.ts";

/** A weight by its name. */
export type Weights = (name: string) => Array64;

const TOKENS = ["cls_token", "dist_token"] as const;
const HEADS = ["classification_head", "distillation_head"] as const;

/** The keys of a training step's samples; none: evaluation. */
export type Keys = ArrayLike<number> | undefined;

/** The weights whose names start with `prefix`, by the rest of their names. */
function under(weights: Weights, prefix: string): Weights {
  return (name) => weights(`${prefix}${name}`);
}

export function patchEmbedding(images: Array64, weights: Weights, patchSize: number): Array64 {
  const kernel = weights("kernel");
  const dim = kernel.shape.at(-1)!;
  const flat = reshape(kernel, [kernel.data.length / dim, dim]);
  return linear(patchExtract(images, patchSize), flat, weights("bias"));
}

/** Tokens before all others, the same for every sample. */
export function classTokens(x: Array64, tokens: readonly Array64[]): Array64 {
  const [batch, count, dim] = x.shape as [number, number, number];
  return build([batch, count + tokens.length, dim], (b, t, j) => {
    return t! < tokens.length ? tokens[t!]!.data[j!]! : at(x, b!, t! - tokens.length, j!);
  });
}

export function firstTokens(x: Array64, count: number): Array64 {
  const [batch, , dim] = x.shape as [number, number, number];
  return build([batch, count, dim], (...index) => at(x, ...index));
}

export function tokenAt(x: Array64, token: number): Array64 {
  const [batch, , dim] = x.shape as [number, number, number];
  return build([batch, dim], (b, j) => at(x, b!, token, j!));
}

/** Options of {@link selfAttention}. */
export interface SelfAttention {
  readonly heads: number;
  readonly queries: number;
  readonly drop?: Drop | undefined;
}

export function selfAttention(
  x: Array64,
  weights: Weights,
  { heads, queries, drop }: SelfAttention,
): Array64 {
  const qkv = linear(x, weights("qkv.kernel"), weights("qkv.bias"));
  const [batch, tokens, width] = qkv.shape as [number, number, number];
  const ones = build([batch, heads, queries, tokens], () => 1);
  const scale = 1 / Math.sqrt(width / 3 / heads);
  const mixed = attention(qkv, { heads, queries, scale, mask: dropout(ones, drop) });
  return linear(mixed, weights("proj.kernel"), weights("proj.bias"));
}

/** @param drop - Its site is the layer's name. */
export function mlp(x: Array64, weights: Weights, drop?: Drop): Array64 {
  const at = (place: string) => drop && { ...drop, site: `${drop.site}.${place}` };
  const hidden = gelu(linear(x, weights("fc1.kernel"), weights("fc1.bias")));
  return dropout(
    linear(dropout(hidden, at("drop1")), weights("fc2.kernel"), weights("fc2.bias")),
    at("drop2"),
  );
}

/** Options of {@link transformerBlock}. */
export interface Block {
  readonly name: string;
  readonly heads: number;
  readonly queries: number;
  readonly dropPathRate?: number;
  readonly dropRate?: number;
  readonly attnDropRate?: number;
  readonly sampleKeys?: Keys;
}

/** @param weights - By their whole names, `<name>.norm1/gamma`, … */
export function transformerBlock(x: Array64, weights: Weights, block: Block): Array64 {
  const { name, heads, queries, sampleKeys } = block;
  const layer = (which: string) => under(weights, `${name}.${which}/`);
  const draw = (rate = 0, site = "") => sampleKeys && { rate, sampleKeys, site: `${name}.${site}` };
  const norm = (v: Array64, which: string) => layerNorm(v, layer(which)("gamma"), layer(which)("beta"));

  const drop = draw(block.attnDropRate, "attn.scores");
  const attended = selfAttention(norm(x, "norm1"), layer("attn"), { heads, queries, drop });
  const x2 = add(firstTokens(x, queries), stochasticDepth(attended, draw(block.dropPathRate, "drop_path1")));
  const mixed = mlp(norm(x2, "norm2"), layer("mlp"), draw(block.dropRate, "mlp"));
  return add(x2, stochasticDepth(mixed, draw(block.dropPathRate, "drop_path2")));
}

/** Logits of each head: two of them if there is a distillation token. */
export function vit(
  images: Array64,
  weights: Weights,
  config: VitConfig,
  distilled: boolean,
  keys?: Keys,
): Array64[] {
  const { patchSize, depth, heads, dropPathRate = 0, dropRate = 0, attnDropRate = 0 } = config;
  const tokens = TOKENS.slice(0, distilled ? 2 : 1).map((name) => weights(`tokens/${name}`));
  let x = patchEmbedding(images, under(weights, "patch_embed.proj/"), patchSize);
  x = add(classTokens(x, tokens), weights("position/pos_embed"));
  x = dropout(x, keys && { rate: dropRate, sampleKeys: keys, site: "pos_drop" });
  for (let i = 0; i < depth; i++) {
    x = transformerBlock(x, weights, {
      name: `blocks.${i}`,
      heads,
      queries: i === depth - 1 ? tokens.length : x.shape[1]!,
      dropPathRate: depth === 1 ? 0 : (dropPathRate * i) / (depth - 1),
      dropRate,
      attnDropRate,
      sampleKeys: keys,
    });
  }
  x = layerNorm(x, weights("norm/gamma"), weights("norm/beta"));
  return HEADS.slice(0, tokens.length).map((head, i) =>
    linear(tokenAt(x, i), weights(`${head}/kernel`), weights(`${head}/bias`)),
  );
}

/** Names and shapes of a model's weights, in its order. */
export function weightShapes(config: VitConfig, distilled: boolean): [name: string, shape: number[]][] {
  const { imageSize, patchSize, dim, depth, heads, channels = 3, classes, mlpRatio = 4 } = config;
  const { headDim = dim / heads } = config;
  const prefix = distilled ? 2 : 1;
  const patches = ((imageSize as number) / patchSize) ** 2;
  const dense = (name: string, from: number, to: number): [string, number[]][] => [
    [`${name}kernel`, [from, to]],
    [`${name}bias`, [to]],
  ];
  const norm = (name: string): [string, number[]][] => [
    [`${name}/gamma`, [dim]],
    [`${name}/beta`, [dim]],
  ];
  const blocks = Array.from({ length: depth }, (_, i) => [
    ...norm(`blocks.${i}.norm1`),
    ...dense(`blocks.${i}.attn/qkv.`, dim, 3 * heads * headDim),
    ...dense(`blocks.${i}.attn/proj.`, heads * headDim, dim),
    ...norm(`blocks.${i}.norm2`),
    ...dense(`blocks.${i}.mlp/fc1.`, dim, mlpRatio * dim),
    ...dense(`blocks.${i}.mlp/fc2.`, mlpRatio * dim, dim),
  ]).flat();
  return [
    ["patch_embed.proj/kernel", [patchSize, patchSize, channels, dim]],
    ["patch_embed.proj/bias", [dim]],
    ...TOKENS.slice(0, prefix).map((name): [string, number[]] => [`tokens/${name}`, [1, 1, dim]]),
    ["position/pos_embed", [1, patches + prefix, dim]],
    ...blocks,
    ...norm("norm"),
    ...HEADS.slice(0, prefix).flatMap((head) => dense(`${head}/`, dim, classes)),
  ];
}
