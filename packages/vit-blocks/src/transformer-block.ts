import * as tfl from "@tensorflow/tfjs-layers";
import {
  type Checks,
  COUNT,
  check,
  FRACTION,
  oneOf,
  optional,
  POSITIVE,
  RATE,
  requireOptions,
  UINT32,
} from "known-options";
import { StochasticDepth } from "stochastic-depth";
import type { Init } from "./initializer.ts";
import { LayerNorm } from "./layers/layer-norm.ts";
import { Mlp } from "./layers/mlp.ts";
import { MultiHeadSelfAttention } from "./layers/multi-head-self-attention.ts";
import { Residual } from "./layers/residual.ts";
import { FirstTokens } from "./layers/token-slice.ts";

/** Options of {@link transformerBlock}. */
export interface TransformerBlockOptions {
  /** The block's name and its layers' prefix, for instance `blocks.0`. It must be unique in a model. */
  readonly name: string;
  /** Tokens that come in. */
  readonly tokens: number;
  readonly dim: number;
  readonly heads: number;
  /** Numbers per head. Default `dim / heads`. */
  readonly headDim?: number;
  /** Numbers inside the MLP. Default `4 · dim`. */
  readonly hiddenDim?: number;
  /** Stochastic depth of both branches, in [0, 1]. Default 0. */
  readonly dropProb?: number;
  /** Dropout in the MLP. Default 0. */
  readonly dropout?: number;
  /** Dropout on the attention's scores. Default 0. */
  readonly attentionDropout?: number;
  /** LayerNorm's epsilon. Default 1e-6. */
  readonly epsilon?: number;
  /** Number of leading tokens to return. Exact: the others still serve as keys and values. Default: all. */
  readonly queries?: number;
  /** Library whose initialization is used. Default `"keras"`. */
  readonly init?: Init;
  /** uint32. Default 0. */
  readonly seed?: number;
}

const CHECKS: Checks<TransformerBlockOptions> = {
  name: check("a string of at least one character", (value) => typeof value === "string" && value !== ""),
  tokens: COUNT,
  dim: COUNT,
  heads: COUNT,
  headDim: optional(COUNT),
  hiddenDim: optional(COUNT),
  dropProb: optional(FRACTION),
  dropout: optional(RATE),
  attentionDropout: optional(RATE),
  epsilon: optional(POSITIVE),
  queries: optional(COUNT),
  init: optional(oneOf("keras", "timm")),
  seed: optional(UINT32),
};

/**
 * A pre-norm transformer block as a model: `x = x + drop(attention(norm1(x)))`, then `x = x + drop(mlp(norm2(x)))`.
 *
 * `[batch, tokens, dim]` → `[batch, queries, dim]`. The two branches drop independently; where `dropProb` is 0 there is
 * no such layer. Layers are named `<name>.norm1`, `.attn`, `.norm2`, `.mlp` as in timm, and their weights after them.
 *
 * @returns A model owned by the caller, to be applied like a layer.
 * @throws TypeError for an unknown option; RangeError if a size is not an integer ≥ 1 or the heads do not divide `dim`, before anything is allocated.
 * @see Dosovitskiy et al. 2020, figure 1, https://arxiv.org/abs/2010.11929; https://keras.io/examples/vision/deit/
 *
 * @example
 * const block = transformerBlock({ name: "blocks.0", tokens: 198, dim: 192, heads: 3 });
 * console.log(block.outputs[0]?.shape); // [null, 198, 192]
 */
export function transformerBlock(options: TransformerBlockOptions): tfl.LayersModel {
  requireOptions("transformerBlock", options, CHECKS);
  const { name, tokens, dim, heads, headDim, queries = tokens, dropProb = 0, epsilon = 1e-6 } = options;
  const { hiddenDim = 4 * dim, dropout = 0, attentionDropout = 0, init = "keras", seed = 0 } = options;
  if (headDim === undefined && dim % heads !== 0) {
    throw new RangeError(`transformerBlock: heads must divide dim ${dim}, got ${heads}`);
  }
  if (queries > tokens)
    throw new RangeError(`transformerBlock: queries must be <= ${tokens}, got ${queries}`);

  const shared = { init, seed };
  const asked = queries === tokens ? {} : { queries };
  const size = headDim === undefined ? {} : { headDim };
  const attn = { ...shared, ...asked, ...size, heads, dropout: attentionDropout };
  const drop = (branch: tfl.SymbolicTensor, place: string) =>
    dropProb === 0
      ? branch
      : through(new StochasticDepth({ dropProb, seed, name: `${name}.${place}` }), branch);

  const x = tfl.input({ shape: [tokens, dim], name: `${name}.input` });
  const norm1 = through(new LayerNorm({ ...shared, epsilon, name: `${name}.norm1` }), x);
  const attended = through(new MultiHeadSelfAttention({ ...attn, name: `${name}.attn` }), norm1);
  const kept =
    queries === tokens ? x : through(new FirstTokens({ count: queries, name: `${name}.first` }), x);
  const x2 = through(new Residual({ name: `${name}.add1` }), [kept, drop(attended, "drop_path1")]);
  const norm2 = through(new LayerNorm({ ...shared, epsilon, name: `${name}.norm2` }), x2);
  const mixed = through(new Mlp({ ...shared, hiddenDim, dropout, name: `${name}.mlp` }), norm2);
  const x3 = through(new Residual({ name: `${name}.add2` }), [x2, drop(mixed, "drop_path2")]);
  return tfl.model({ inputs: x, outputs: x3, name });
}

function through(layer: tfl.layers.Layer, x: tfl.SymbolicTensor | tfl.SymbolicTensor[]): tfl.SymbolicTensor {
  return layer.apply(x) as tfl.SymbolicTensor; // one output each
}
