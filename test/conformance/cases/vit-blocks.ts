import { siteOf } from "sample-keys";
import { stochasticDepth } from "stochastic-depth";
import * as vit from "vit-blocks";
import { type Case, noise, opCase } from "../case.ts";
import { build, map } from "../float64/array.ts";
import { dropout, stochasticDepth as f64StochasticDepth } from "../float64/draws.ts";
import * as f64 from "../float64/functions.ts";

const KEYS = [7, 8];
const SITE = "conformance";

/** The ops of `vit-blocks` and `stochastic-depth`. */
export const vitBlocks: readonly Case[] = [
  ...[
    { queries: 7, name: "attention" },
    { queries: 2, name: "attention, queries: 2 of 7 tokens" },
  ].map(({ queries, name }) =>
    opCase({
      op: `vit-blocks: ${name}`,
      inputs: [noise([2, 7, 30], 1)],
      run: (qkv) => vit.attention(qkv!, { heads: 2, queries, scale: 2 }),
      reference: (qkv) => f64.attention(qkv!, { heads: 2, queries, scale: 2 }),
    }),
  ),
  opCase({
    op: "vit-blocks: attention with dropout",
    inputs: [noise([2, 5, 12], 2)],
    run: (qkv) =>
      vit.attention(qkv!, { heads: 2, dropout: { rate: 0.4, sampleKeys: KEYS, site: siteOf(SITE) } }),
    reference: (qkv) => {
      const mask = dropout(
        build([2, 2, 5, 5], () => 1),
        { rate: 0.4, sampleKeys: KEYS, site: SITE },
      );
      return f64.attention(qkv!, { heads: 2, queries: 5, scale: Math.SQRT1_2, mask });
    },
  }),
  opCase({
    op: "vit-blocks: attentionProbabilities",
    inputs: [noise([2, 5, 12], 3)],
    run: (qkv) => vit.attentionProbabilities(qkv!, { heads: 2, queries: 3 }),
    reference: (qkv) => f64.attentionProbabilities(qkv!, 2, 3, Math.SQRT1_2),
  }),
  opCase({
    op: "vit-blocks: dropout",
    inputs: [noise([2, 3, 7], 4)],
    run: (x) => vit.dropout(x!, { rate: 0.3, training: true, sampleKeys: KEYS, site: siteOf(SITE) }),
    reference: (x) => dropout(x!, { rate: 0.3, sampleKeys: KEYS, site: SITE }),
  }),
  opCase({
    op: "vit-blocks: gelu",
    inputs: [map(noise([3, 37], 5), (v) => 4 * v)],
    run: (x) => vit.gelu(x!),
    reference: (x) => f64.gelu(x!),
  }),
  opCase({
    op: "vit-blocks: layerNorm",
    inputs: [noise([2, 5, 19], 6), noise([19], 7), noise([19], 8)],
    run: (x, gamma, beta) => vit.layerNorm(x!, gamma!, beta!),
    reference: (x, gamma, beta) => f64.layerNorm(x!, gamma!, beta!),
  }),
  opCase({
    op: "vit-blocks: linear",
    inputs: [noise([2, 5, 11], 9), noise([11, 13], 10), noise([13], 11)],
    run: (x, kernel, bias) => vit.linear(x!, kernel!, bias),
    reference: (x, kernel, bias) => f64.linear(x!, kernel!, bias),
  }),
  opCase({
    op: "vit-blocks: linear without bias",
    inputs: [noise([2, 5, 11], 12), noise([11, 13], 13)],
    run: (x, kernel) => vit.linear(x!, kernel!),
    reference: (x, kernel) => f64.linear(x!, kernel!),
  }),
  opCase({
    op: "vit-blocks: patchExtract",
    inputs: [noise([2, 4, 6, 3], 14)],
    run: (x) => vit.patchExtract(x!, 2),
    reference: (x) => f64.patchExtract(x!, 2),
  }),
  opCase({
    op: "vit-blocks: residualAdd",
    inputs: [noise([2, 3, 7], 15), noise([2, 3, 7], 16)],
    run: (x, branch) => vit.residualAdd(x!, branch!),
    reference: (x, branch) => f64.residualAdd(x!, branch!),
  }),
  opCase({
    op: "stochastic-depth: stochasticDepth",
    inputs: [noise([4, 3, 5], 21)],
    run: (x) =>
      stochasticDepth(x!, { dropProb: 0.5, training: true, sampleKeys: [3, 4, 5, 6], site: siteOf(SITE) }),
    reference: (x) => f64StochasticDepth(x!, { rate: 0.5, sampleKeys: [3, 4, 5, 6], site: SITE }),
  }),
];
