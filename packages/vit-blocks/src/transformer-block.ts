import * as tfl from "@tensorflow/tfjs-layers";
import {
  BOOLEAN,
  type Check,
  type Checks,
  COUNT,
  check,
  either,
  FRACTION,
  FUNCTION,
  oneOf,
  optional,
  POSITIVE,
  RATE,
  requireOptions,
  UINT32,
} from "known-options";
import { KeptResidual, KeptSamples } from "stochastic-depth";
import { DefaultBlock } from "./default-block.ts";
import type { Init } from "./initializer.ts";
import { LayerNorm, type LayerNormArgs } from "./layers/layer-norm.ts";
import { LayerScale } from "./layers/layer-scale.ts";
import { Mlp } from "./layers/mlp/mlp.ts";
import type { MlpArgs } from "./layers/mlp/mlp-layer.ts";
import { SwiGlu } from "./layers/mlp/swiglu.ts";
import { SwiGluPacked } from "./layers/mlp/swiglu-packed.ts";
import {
  MultiHeadSelfAttention,
  type MultiHeadSelfAttentionArgs,
} from "./layers/multi-head-self-attention.ts";
import { Residual } from "./layers/residual.ts";
import { FirstTokens } from "./layers/tokens/token-slice.ts";
import { ACTIVATION, type Activation } from "./ops/activations/activation.ts";

/** Arguments that every layer of a block is created from. */
export interface BlockLayerArgs {
  /** The layer's name, unique in a model. */
  readonly name: string;
  readonly init: Init;
  readonly seed: number;
}

/** Sizes of the input of a block's layer, for layers that are models. */
export interface BlockLayerSizes {
  readonly tokens: number;
  /** Embedding dimension of the input and the output. */
  readonly dim: number;
}

/** A kind of MLP by its name: {@link Mlp}, {@link SwiGlu}, {@link SwiGluPacked}. */
export type MlpName = "mlp" | "swiglu" | "swiglu_packed";

/** Options of {@link transformerBlock}. */
export interface TransformerBlockOptions {
  /** The block's name and its layers' prefix, for instance `blocks.0`. It must be unique in a model. */
  readonly name: string;
  /** Input tokens. */
  readonly tokens: number;
  /** Embedding dimension. */
  readonly dim: number;
  /** Attention heads. */
  readonly heads: number;
  /** Dimension of a head. Default `dim / heads`. */
  readonly headDim?: number;
  /** Hidden dimension of the MLP. Default `4 · dim`. */
  readonly hiddenDim?: number;
  /** Stochastic-depth rate of both branches, in [0, 1]. Default 0. */
  readonly dropPathRate?: number;
  /** Dropout rate after each product of the MLP, in [0, 1). Default 0. */
  readonly dropRate?: number;
  /** Dropout rate of the attention probabilities, in [0, 1). Default 0. */
  readonly attnDropRate?: number;
  /** LayerNorm's epsilon. Default 1e-6. */
  readonly epsilon?: number;
  /** Number of leading tokens to return. Exact: the others still serve as keys and values. Default: all. */
  readonly queries?: number;
  /** Library whose initialization is used. Default `"keras"`. */
  readonly init?: Init;
  /** Seed of the initial weights and of dropout, uint32. Default 0. */
  readonly seed?: number;
  /** First value of LayerScale's factors, > 0, for instance 1e-5. Default: no LayerScale. */
  readonly initValues?: number;
  /** Whether a LayerNorm over each head's channels normalizes queries and keys. Default false. */
  readonly qkNorm?: boolean;
  /** Whether queries, keys and values have biases. Default true. */
  readonly qkvBias?: boolean;
  /** Whether the projection and the MLP have biases. Default true. */
  readonly projBias?: boolean;
  /** Activation of the MLP. Default `"gelu"`, or `"silu"` of the gated MLPs. */
  readonly actLayer?: Activation;
  /** Whether it is also applied to fewer tokens, as after `PatchDropout` in training. Default false: they are refused. */
  readonly fewerTokens?: boolean;
  /** Creates a normalization, `[batch, tokens, dim]` → same shape. Default: {@link LayerNorm}. */
  readonly normLayer?: LayerMaker<Required<Pick<LayerNormArgs, "epsilon">>>;
  /** Creates the attention, `[batch, tokens, dim]` → `[batch, queries, dim]`. Default: {@link MultiHeadSelfAttention}. */
  readonly attnLayer?: LayerMaker<
    Pick<
      MultiHeadSelfAttentionArgs,
      "heads" | "headDim" | "queries" | "attnDropRate" | "qkNorm" | "epsilon" | "qkvBias" | "projBias"
    >
  >;
  /** The MLP by its name, or a function that creates it, `[batch, tokens, dim]` → same shape. Default `"mlp"`. */
  readonly mlpLayer?:
    | MlpName
    | LayerMaker<Required<Pick<MlpArgs, "hiddenDim" | "dropRate">> & Pick<MlpArgs, "actLayer" | "bias">>;
}

/** The MLPs by name. */
const MLPS: Readonly<Record<MlpName, (args: MlpArgs) => tfl.layers.Layer>> = {
  mlp: (args) => new Mlp(args),
  swiglu: (args) => new SwiGlu(args),
  swiglu_packed: (args) => new SwiGluPacked(args),
};

/** Check of a {@link MlpName}. */
export const MLP_NAME: Check = oneOf(...Object.keys(MLPS));

type LayerMaker<Args> = (args: BlockLayerArgs & Args, sizes: BlockLayerSizes) => tfl.layers.Layer;

const CHECKS: Checks<TransformerBlockOptions> = {
  name: check("a string of at least one character", (value) => typeof value === "string" && value !== ""),
  tokens: COUNT,
  dim: COUNT,
  heads: COUNT,
  headDim: optional(COUNT),
  hiddenDim: optional(COUNT),
  dropPathRate: optional(FRACTION),
  dropRate: optional(RATE),
  attnDropRate: optional(RATE),
  epsilon: optional(POSITIVE),
  queries: optional(COUNT),
  init: optional(oneOf("keras", "timm")),
  seed: optional(UINT32),
  initValues: optional(POSITIVE),
  qkNorm: optional(BOOLEAN),
  qkvBias: optional(BOOLEAN),
  projBias: optional(BOOLEAN),
  actLayer: optional(ACTIVATION),
  fewerTokens: optional(BOOLEAN),
  normLayer: optional(FUNCTION),
  attnLayer: optional(FUNCTION),
  mlpLayer: optional(either(MLP_NAME, FUNCTION)),
};

/**
 * A pre-norm transformer block as a model: `x = x + drop(ls1(attn(norm1(x))))`, then `x = x + drop(ls2(mlp(norm2(x))))`, where
 * `ls1` and `ls2` are LayerScale, if `initValues` is given.
 *
 * `[batch, tokens, dim]` → `[batch, queries, dim]`. The two branches drop independently, and what is dropped is not computed
 * (`KeptSamples`), except by branches with dropout or with layers of `normLayer`, `attnLayer` or `mlpLayer`. Layers are named `<name>.norm1`, `.attn`, `.ls1`, `.norm2`, `.mlp`, `.ls2`
 * as in timm. `normLayer`, `attnLayer` and `mlpLayer` replace the layers, also by models. Where the backend has the kernels `ResidualBranch` and
 * `ResidualBranchGrad` (`wasm-kernels`), a branch of default layers is one op, with the same bits (with LayerScale: up to rounding).
 *
 * @returns A model owned by the caller, to be applied like a layer.
 * @throws TypeError for an unknown option; RangeError if a size is not an integer ≥ 1 or the heads do not divide `dim`,
 * before anything is allocated, or if a layer that an option made returns another shape. Applied to tokens of another number
 * or dimension the block throws too.
 * @see Dosovitskiy et al. 2020, figure 1, https://arxiv.org/abs/2010.11929; https://keras.io/examples/vision/deit/
 *
 * @example
 * const block = transformerBlock({ name: "blocks.0", tokens: 198, dim: 192, heads: 3 });
 * console.log(block.outputs[0]?.shape); // [null, 198, 192]
 */
export function transformerBlock(options: TransformerBlockOptions): tfl.LayersModel {
  requireOptions("transformerBlock", options, CHECKS);
  const { name, tokens, dim, heads, headDim, queries = tokens, epsilon = 1e-6, init = "keras" } = options;
  const { hiddenDim = 4 * dim, dropPathRate = 0, dropRate = 0, attnDropRate = 0, seed = 0 } = options;
  const { initValues, qkNorm, qkvBias = true, projBias = true, actLayer, fewerTokens = false } = options;
  const {
    normLayer = (args) => new LayerNorm(args),
    attnLayer = (args) => new MultiHeadSelfAttention(args),
    mlpLayer: mlpOption = "mlp",
  } = options;
  const mlpLayer = typeof mlpOption === "string" ? MLPS[mlpOption] : mlpOption;
  if (headDim === undefined && dim % heads !== 0) {
    throw new RangeError(`transformerBlock: heads must divide dim ${dim}, got ${heads}`);
  }
  if (mlpOption === "swiglu_packed" && hiddenDim % 2 !== 0) {
    throw new RangeError(`transformerBlock: hiddenDim of swiglu_packed must be even, got ${hiddenDim}`);
  }
  if (queries > tokens) {
    throw new RangeError(`transformerBlock: queries must be <= ${tokens}, got ${queries}`);
  }

  const named = (part: string) => ({ name: `${name}.${part}` });
  const args = (part: string) => ({ ...named(part), init, seed });
  const [all, rest] = [
    { tokens, dim },
    { tokens: queries, dim },
  ];
  const size = { heads, attnDropRate, ...(headDim !== undefined && { headDim }) };
  const ofAttention = {
    ...(qkNorm && { qkNorm, epsilon }),
    ...(!qkvBias && { qkvBias }),
    ...(!projBias && { projBias }),
  };
  const ofMlp = { ...(actLayer && { actLayer }), ...(!projBias && { bias: projBias }) };
  const leading = queries < tokens && { queries };
  const norm1 = applied(normLayer({ ...args("norm1"), epsilon }, all), "normLayer", [tokens, dim]);
  const attn = applied(
    attnLayer({ ...args("attn"), ...size, ...leading, ...ofAttention }, all),
    "attnLayer",
    [queries, dim],
  );
  const norm2 = applied(normLayer({ ...args("norm2"), epsilon }, rest), "normLayer", [queries, dim]);
  const mlp = applied(mlpLayer({ ...args("mlp"), hiddenDim, dropRate, ...ofMlp }, rest), "mlpLayer", [
    queries,
    dim,
  ]);
  const scale = (part: string) =>
    initValues === undefined ? identity : applied(new LayerScale({ ...args(part), initValues }));
  const [ls1, ls2] = [scale("ls1"), scale("ls2")];
  const first = leading ? applied(new FirstTokens({ ...named("first"), count: queries })) : identity;

  // A user's own layer may mix samples, and dropout draws by the keys of the whole batch: these compute every sample.
  const ownMlp = typeof mlpOption === "string" ? undefined : mlpOption;
  const isOwn = (layer: unknown) => layer === undefined && options.normLayer === undefined;
  const skips = {
    drop_path1: isOwn(options.attnLayer) && attnDropRate === 0,
    drop_path2: isOwn(ownMlp) && dropRate === 0,
  };
  /** `x + drop(branch(input))`. */
  const residual = (add: string, x: Symbolic, drop: keyof typeof skips, branch: Branch, input = x) => {
    if (dropPathRate === 0) return new Residual(named(add)).apply([x, branch(input)]) as Symbolic;
    const kept = new KeptSamples({ ...named(drop), dropProb: dropPathRate, seed, skip: skips[drop] });
    const [samples, mask] = kept.apply(input) as [Symbolic, Symbolic];
    return new KeptResidual(named(add)).apply([x, branch(samples), mask]) as Symbolic;
  };

  const input = tfl.input({ ...named("input"), shape: [tokens, dim] });
  let x = residual("add1", first(input), "drop_path1", (samples) => ls1(attn(norm1(samples))), input);
  x = residual("add2", x, "drop_path2", (samples) => ls2(mlp(norm2(samples))));
  const isDefault = !options.normLayer && !options.attnLayer && !ownMlp;
  const block = new (isDefault ? DefaultBlock : tfl.LayersModel)({ inputs: input, outputs: x, name });
  block.inputSpec = [new tfl.InputSpec({ ndim: 3, axes: fewerTokens ? { 2: dim } : { 1: tokens, 2: dim } })]; // checked by `apply`
  return block;
}

type Symbolic = tfl.SymbolicTensor;
type Branch = (samples: Symbolic) => Symbolic;

/** Applies a layer; one that an option made must return `[batch, ...shape]`. */
function applied(layer: tfl.layers.Layer, option = "", shape?: readonly number[]): (x: Symbolic) => Symbolic {
  if (typeof layer?.apply !== "function") {
    throw new TypeError(`transformerBlock: ${option} must return a layer or a model, got ${typeof layer}`);
  }
  return (x) => {
    const y = layer.apply(x) as Symbolic; // one output each
    if (shape !== undefined && y.shape.slice(1).join() !== shape.join()) {
      throw new RangeError(
        `transformerBlock: ${option} '${layer.name}' must return [batch, ${shape.join(", ")}], got [${y.shape}]`,
      );
    }
    return y;
  };
}

const identity = (x: Symbolic) => x;
