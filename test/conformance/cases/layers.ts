import type * as tf from "@tensorflow/tfjs-core";
import * as tfl from "@tensorflow/tfjs-layers";
import { KeptResidual, KeptSamples, StochasticDepth } from "stochastic-depth";
import * as vit from "vit-blocks";
import { type Case, noise, opCase } from "../case.ts";
import { add, map } from "../float64/array.ts";
import * as deit from "../float64/deit.ts";
import { dropout, stochasticDepth } from "../float64/draws.ts";
import * as f64 from "../float64/functions.ts";
import { prefixed, weighted } from "./weighted.ts";

const KEYS = [7, 8];
const TRAINING = { training: true, sampleKeys: KEYS };
const TOKENS = noise([2, 5, 6], 1);
const ATTENTION = {
  "qkv.kernel": noise([6, 24], 2),
  "qkv.bias": noise([24], 3),
  "proj.kernel": noise([8, 6], 4),
  "proj.bias": noise([6], 5),
};
const MLP = {
  "fc1.kernel": noise([6, 13], 6),
  "fc1.bias": noise([13], 7),
  "fc2.kernel": noise([13, 6], 8),
  "fc2.bias": noise([6], 9),
};
const NORM = { gamma: noise([6], 10), beta: noise([6], 11) };
const BLOCK = {
  ...prefixed("b.norm1/", NORM),
  ...prefixed("b.attn/", ATTENTION),
  ...prefixed("b.norm2/", NORM),
  ...prefixed("b.mlp/", MLP),
};

/** Every layer of `vit-blocks` and `stochastic-depth`, and a whole block, with every kind of dropout. */
export const layers: readonly Case[] = [
  weighted({
    op: "vit-blocks: PatchEmbedding",
    x: noise([2, 4, 6, 3], 12),
    weights: { kernel: noise([2, 2, 3, 6], 13), bias: noise([6], 14) },
    make: () => new vit.PatchEmbedding({ patchSize: 2, dim: 6 }),
    reference: (x, weights) => deit.patchEmbedding(x, weights, 2),
  }),
  weighted({
    op: "vit-blocks: ClassTokens, distilled",
    x: TOKENS,
    weights: { cls_token: noise([1, 1, 6], 15), dist_token: noise([1, 1, 6], 16) },
    make: () => new vit.ClassTokens({ distilled: true }),
    reference: (x, weights) => deit.classTokens(x, [weights("cls_token"), weights("dist_token")]),
  }),
  weighted({
    op: "vit-blocks: PositionEmbedding",
    x: TOKENS,
    weights: { pos_embed: noise([1, 5, 6], 17) },
    make: () => new vit.PositionEmbedding(),
    reference: (x, weights) => add(x, weights("pos_embed")),
  }),
  weighted({
    op: "vit-blocks: LayerNorm",
    x: TOKENS,
    weights: NORM,
    make: () => new vit.LayerNorm(),
    reference: (x, weights) => f64.layerNorm(x, weights("gamma"), weights("beta")),
  }),
  weighted({
    op: "vit-blocks: Linear",
    x: noise([3, 6], 18),
    weights: { kernel: noise([6, 5], 19), bias: noise([5], 20) },
    make: () => new vit.Linear({ units: 5 }),
    reference: (x, weights) => f64.linear(x, weights("kernel"), weights("bias")),
  }),
  weighted({
    op: "vit-blocks: MultiHeadSelfAttention with dropout, queries: 3 of 5 tokens",
    x: TOKENS,
    weights: ATTENTION,
    make: () =>
      new vit.MultiHeadSelfAttention({ heads: 2, headDim: 4, queries: 3, attnDropRate: 0.4, name: "attn" }),
    kwargs: TRAINING,
    reference: (x, weights) => {
      const drop = { rate: 0.4, sampleKeys: KEYS, site: "attn.scores" };
      return deit.selfAttention(x, weights, { heads: 2, queries: 3, drop });
    },
  }),
  weighted({
    op: "vit-blocks: Mlp with dropout",
    x: TOKENS,
    weights: MLP,
    make: () => new vit.Mlp({ hiddenDim: 13, dropRate: 0.3, name: "mlp" }),
    kwargs: TRAINING,
    reference: (x, weights) => deit.mlp(x, weights, { rate: 0.3, sampleKeys: KEYS, site: "mlp" }),
  }),
  weighted({
    op: "vit-blocks: KeyedDropout",
    x: TOKENS,
    make: () => new vit.KeyedDropout({ rate: 0.3, name: "drop" }),
    kwargs: TRAINING,
    reference: (x) => dropout(x, { rate: 0.3, sampleKeys: KEYS, site: "drop" }),
  }),
  weighted({
    op: "vit-blocks: FirstTokens",
    x: TOKENS,
    make: () => new vit.FirstTokens({ count: 2 }),
    reference: (x) => deit.firstTokens(x, 2),
  }),
  weighted({
    op: "vit-blocks: TokenAt",
    x: TOKENS,
    make: () => new vit.TokenAt({ index: 3 }),
    reference: (x) => deit.tokenAt(x, 3),
  }),
  opCase({
    op: "vit-blocks: Residual",
    inputs: [TOKENS, noise([2, 5, 6], 21)],
    run: (x, branch) => new vit.Residual().apply([x!, branch!]) as tf.Tensor,
    reference: (x, branch) => add(x!, branch!),
  }),
  weighted({
    op: "stochastic-depth: StochasticDepth",
    x: TOKENS,
    make: () => new StochasticDepth({ dropProb: 0.5, name: "drop_path" }),
    kwargs: TRAINING,
    reference: (x) => stochasticDepth(x, { rate: 0.5, sampleKeys: KEYS, site: "drop_path" }),
  }),
  weighted({
    op: "stochastic-depth: KeptSamples and KeptResidual",
    x: TOKENS,
    make: () => keptTanh([5, 6]),
    kwargs: TRAINING,
    reference: (x) =>
      add(x, stochasticDepth(map(x, Math.tanh), { rate: 0.5, sampleKeys: KEYS, site: "drop_path" })),
  }),
  weighted({
    op: "vit-blocks: transformerBlock in training, with stochastic depth alone",
    x: TOKENS,
    weights: BLOCK,
    make: () => {
      const sizes = { tokens: 5, dim: 6, heads: 2, headDim: 4, hiddenDim: 13 };
      return vit.transformerBlock({ ...sizes, dropPathRate: 0.5, name: "b" });
    },
    kwargs: TRAINING,
    reference: (x, weights) => {
      const drop = { dropPathRate: 0.5, sampleKeys: KEYS };
      return deit.transformerBlock(x, weights, { ...drop, name: "b", heads: 2, queries: 5 });
    },
  }),
  weighted({
    op: "vit-blocks: transformerBlock, queries: 2 of 5 tokens",
    x: TOKENS,
    weights: BLOCK,
    make: () => {
      const sizes = { tokens: 5, dim: 6, heads: 2, headDim: 4, hiddenDim: 13, queries: 2 };
      return vit.transformerBlock({ ...sizes, name: "b" });
    },
    reference: (x, weights) => deit.transformerBlock(x, weights, { name: "b", heads: 2, queries: 2 }),
  }),
  weighted({
    op: "vit-blocks: transformerBlock in training, with dropout and stochastic depth",
    x: TOKENS,
    weights: BLOCK,
    make: () => {
      const sizes = { tokens: 5, dim: 6, heads: 2, headDim: 4, hiddenDim: 13 };
      const rates = { dropPathRate: 0.5, dropRate: 0.2, attnDropRate: 0.3 };
      return vit.transformerBlock({ ...sizes, ...rates, name: "b" });
    },
    kwargs: TRAINING,
    reference: (x, weights) => {
      const rates = { dropPathRate: 0.5, dropRate: 0.2, attnDropRate: 0.3, sampleKeys: KEYS };
      return deit.transformerBlock(x, weights, { ...rates, name: "b", heads: 2, queries: 5 });
    },
  }),
];

/** `x + drop(tanh(x))`, computed for the samples that are kept. */
function keptTanh(shape: number[]): tfl.LayersModel {
  const x = tfl.input({ shape });
  const [kept, mask] = new KeptSamples({ dropProb: 0.5, name: "drop_path" }).apply(x) as tfl.SymbolicTensor[];
  const branch = tfl.layers.activation({ activation: "tanh" }).apply(kept!) as tfl.SymbolicTensor;
  return tfl.model({
    inputs: x,
    outputs: new KeptResidual().apply([x, branch, mask!]) as tfl.SymbolicTensor,
  });
}
