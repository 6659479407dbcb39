import { siteOf } from "sample-keys";
import * as vit from "vit-blocks";
import { type Case, noise, opCase } from "../case.ts";
import { map, zip } from "../float64/array.ts";
import * as parts from "../float64/parts.ts";
import { prefixed, weighted } from "./weighted.ts";

const KEYS = [7, 8];
const TOKENS = noise([2, 5, 6], 1);
const QK_NORM = {
  "qkv.kernel": noise([6, 24], 2),
  "q_norm.gamma": noise([4], 3),
  "q_norm.beta": noise([4], 4),
  "k_norm.gamma": noise([4], 5),
  "k_norm.beta": noise([4], 6),
  "proj.kernel": noise([8, 6], 7),
};
const SWIGLU = {
  "fc1_g.kernel": noise([6, 7], 8),
  "fc1_g.bias": noise([7], 9),
  "fc1_x.kernel": noise([6, 7], 10),
  "fc1_x.bias": noise([7], 11),
  "fc2.kernel": noise([7, 6], 12),
  "fc2.bias": noise([6], 13),
};
const NORM = { gamma: noise([6], 14), beta: noise([6], 15) };
const SCALED = {
  ...prefixed("b.norm1/", NORM),
  ...prefixed("b.attn/", {
    "qkv.kernel": noise([6, 24], 25),
    "qkv.bias": noise([24], 26),
    "proj.kernel": noise([8, 6], 27),
    "proj.bias": noise([6], 28),
  }),
  ...prefixed("b.ls1/", { gamma: noise([6], 29) }),
  ...prefixed("b.norm2/", NORM),
  ...prefixed("b.mlp/", {
    "fc1.kernel": noise([6, 13], 30),
    "fc1.bias": noise([13], 31),
    "fc2.kernel": noise([13, 6], 32),
    "fc2.bias": noise([6], 33),
  }),
  ...prefixed("b.ls2/", { gamma: noise([6], 34) }),
};
const biasless = Object.fromEntries(Object.entries(SWIGLU).filter(([name]) => name.endsWith("kernel")));
const ATTENTION = { heads: 2, headDim: 4, qkNorm: true, qkvBias: false, projBias: false };

/** The ops and layers of `vit-blocks` that the default block does not have, and a block of them. */
export const vitParts: readonly Case[] = [
  opCase({
    op: "vit-blocks: swish, beta 1.702",
    inputs: [map(noise([3, 37], 5), (v) => 4 * v)],
    run: (x) => vit.swish(x!, 1.702),
    reference: (x) => parts.swish(x!, 1.702),
  }),
  opCase({
    op: "vit-blocks: geluTanh",
    inputs: [map(noise([3, 37], 6), (v) => 4 * v)],
    run: (x) => vit.geluTanh(x!),
    reference: (x) => parts.geluTanh(x!),
  }),
  weighted({
    op: "vit-blocks: LayerScale",
    x: TOKENS,
    weights: { gamma: noise([6], 16) },
    make: () => new vit.LayerScale(),
    reference: (x, weights) => zip(x, weights("gamma"), (a, b) => a * b),
  }),
  weighted({
    op: "vit-blocks: RegisterTokens",
    x: TOKENS,
    weights: { reg_token: noise([1, 3, 6], 17) },
    make: () => new vit.RegisterTokens({ count: 3 }),
    reference: (x, weights) => parts.registers(x, weights("reg_token")),
  }),
  weighted({
    op: "vit-blocks: TokenMean",
    x: TOKENS,
    make: () => new vit.TokenMean({ from: 2 }),
    reference: (x) => parts.tokenMean(x, 2),
  }),
  weighted({
    op: "vit-blocks: PatchDropout",
    x: noise([2, 9, 6], 18),
    make: () => new vit.PatchDropout({ rate: 0.4, prefixTokens: 2, name: "patch_drop" }),
    kwargs: { training: true, sampleKeys: KEYS },
    reference: (x) => parts.patchDropout(x, 2, { rate: 0.4, sampleKeys: KEYS, site: siteOf("patch_drop") }),
  }),
  weighted({
    op: "vit-blocks: SwiGlu",
    x: TOKENS,
    weights: SWIGLU,
    make: () => new vit.SwiGlu({ hiddenDim: 7 }),
    reference: parts.swiGlu,
  }),
  weighted({
    op: "vit-blocks: SwiGluPacked",
    x: TOKENS,
    weights: {
      "fc1.kernel": noise([6, 14], 19),
      "fc1.bias": noise([14], 20),
      "fc2.kernel": noise([7, 6], 21),
      "fc2.bias": noise([6], 22),
    },
    make: () => new vit.SwiGluPacked({ hiddenDim: 14 }),
    reference: parts.swiGluPacked,
  }),
  weighted({
    op: "vit-blocks: MultiHeadSelfAttention, qkNorm, no biases",
    x: TOKENS,
    weights: QK_NORM,
    without: ["k_norm.beta"],
    make: () => new vit.MultiHeadSelfAttention(ATTENTION),
    reference: (x, weights) => parts.qkNormAttention(x, weights, 2),
  }),
  weighted({
    op: "vit-blocks: transformerBlock with LayerScale, qkNorm and SwiGLU, without biases",
    x: TOKENS,
    weights: {
      ...prefixed("b.norm1/", NORM),
      ...prefixed("b.attn/", QK_NORM),
      ...prefixed("b.ls1/", { gamma: noise([6], 23) }),
      ...prefixed("b.norm2/", NORM),
      ...prefixed("b.mlp/", biasless),
      ...prefixed("b.ls2/", { gamma: noise([6], 24) }),
    },
    without: ["b.attn/k_norm.beta"],
    make: () => {
      const sizes = { tokens: 5, dim: 6, hiddenDim: 7, name: "b" };
      return vit.transformerBlock({ ...sizes, ...ATTENTION, initValues: 1, mlpLayer: "swiglu" });
    },
    reference: (x, weights) => parts.block(x, weights, "b", 2),
  }),
  weighted({
    op: "vit-blocks: transformerBlock with LayerScale",
    x: TOKENS,
    weights: SCALED,
    make: () => {
      const sizes = { tokens: 5, dim: 6, heads: 2, headDim: 4, hiddenDim: 13 };
      return vit.transformerBlock({ ...sizes, initValues: 1, name: "b" });
    },
    reference: (x, weights) => parts.scaledBlock(x, weights, "b", 2),
  }),
];
