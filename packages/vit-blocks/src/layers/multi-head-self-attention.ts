import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { BOOLEAN, type Check, type Checks, COUNT, check, optional, POSITIVE, RATE } from "known-options";
import { siteOf } from "sample-keys";
import { rowKeys } from "stochastic-depth";
import { glorotUniform } from "../initializer.ts";
import { type AttentionOptions, attention } from "../ops/attention.ts";
import { attentionProbabilities } from "../ops/attention-probabilities.ts";
import { linear } from "../ops/linear.ts";
import { normHeads } from "../ops/norm-heads.ts";
import {
  ONES,
  SEEDED_OPTIONS,
  type SeededArgs,
  SeededLayer,
  single,
  singleShape,
  TIMM_NORMAL,
  ZEROS,
} from "./base.ts";

/** Config of {@link MultiHeadSelfAttention}. */
export interface MultiHeadSelfAttentionArgs extends SeededArgs {
  /** Number of heads. */
  heads: number;
  /** Dimension of a head (Keras' `key_dim`). Default `dim / heads`, which must be an integer. */
  headDim?: number;
  /** Dropout rate of the attention probabilities, in [0, 1). Default 0. */
  attnDropRate?: number;
  /** Number of leading tokens to return; keys and values still come from all. Default: all. */
  queries?: number;
  /** Whether queries and keys are normalized by a LayerNorm over each head's channels. Default false. */
  qkNorm?: boolean;
  /** Epsilon of `qkNorm`'s LayerNorms, > 0. Default 1e-6. */
  epsilon?: number;
  /** Whether queries, keys and values have biases. Default true. */
  qkvBias?: boolean;
  /** Whether the projection has a bias. Default true. */
  projBias?: boolean;
}

/** A count; `null` in saved configs means that it was left out. */
const COUNT_OR_NULL: Check = check(COUNT.expected, (value) => value === null || optional(COUNT).fits(value));
const CHECKS: Checks<MultiHeadSelfAttentionArgs> = {
  ...SEEDED_OPTIONS,
  heads: COUNT,
  headDim: COUNT_OR_NULL,
  attnDropRate: optional(RATE),
  queries: COUNT_OR_NULL,
  qkNorm: optional(BOOLEAN),
  epsilon: optional(POSITIVE),
  qkvBias: optional(BOOLEAN),
  projBias: optional(BOOLEAN),
};

/**
 * Callback that gets the probabilities of each {@link MultiHeadSelfAttention}, `[batch, heads, queries, tokens]`, before
 * dropout. They are disposed after the call unless kept by `tf.keep`.
 */
export type AttentionObserver = (probabilities: tf.Tensor4D, layer: MultiHeadSelfAttention) => void;

/**
 * Multi-head self-attention: `y = attention(x · qkv) · proj`, scores scaled by `1 / sqrt(headDim)`.
 *
 * `[batch, tokens, dim]` → `[batch, queries, dim]`. Weights: `qkv.kernel` `[dim, 3 · heads · headDim]` (q, k, v, each
 * head after head), `qkv.bias`, `proj.kernel` `[heads · headDim, dim]`, `proj.bias`; with `qkNorm` also `q_norm.gamma`, `q_norm.beta`,
 * `k_norm.gamma` and `k_norm.beta`, `[headDim]`, the same for all heads. `init: "keras"` initializes as Keras'
 * `MultiHeadAttention` does with its three-axis kernels; `"timm"` is normal, standard deviation 0.02.
 *
 * `apply(x, { onAttention })`, on a layer or a model, passes each layer's probabilities to an {@link AttentionObserver}, in
 * order; they are computed a second time for it.
 *
 * @throws RangeError if the heads do not divide `dim` and no `headDim` is given.
 * @see Vaswani et al. 2017, section 3.2, https://arxiv.org/abs/1706.03762; for `qkNorm` Dehghani et al. 2023, section 2,
 * https://arxiv.org/abs/2302.05442;
 * https://github.com/keras-team/keras/blob/v2.8.0/keras/layers/multi_head_attention.py
 *
 * @example
 * const y = new MultiHeadSelfAttention({ heads: 3, headDim: 64 }).apply(tf.ones([1, 198, 192])); // [1, 198, 192]
 */
export class MultiHeadSelfAttention extends SeededLayer<MultiHeadSelfAttentionArgs> {
  static readonly className: string = "MultiHeadSelfAttention";
  readonly heads: number;
  readonly attnDropRate: number;
  readonly queries: number | undefined;
  readonly qkNorm: boolean;
  readonly epsilon: number;
  readonly qkvBias: boolean;
  readonly projBias: boolean;
  headDim: number | undefined;
  private draws = 0;

  constructor(args: MultiHeadSelfAttentionArgs) {
    super("MultiHeadSelfAttention", args, CHECKS);
    this.heads = args.heads;
    this.headDim = args.headDim ?? undefined; // null in saved configs
    this.attnDropRate = args.attnDropRate ?? 0;
    this.queries = args.queries ?? undefined;
    this.qkNorm = args.qkNorm ?? false;
    this.epsilon = args.epsilon ?? 1e-6;
    this.qkvBias = args.qkvBias ?? true;
    this.projBias = args.projBias ?? true;
  }

  override build(inputShape: tfl.Shape | tfl.Shape[]): void {
    const dim = singleShape(inputShape)[2]!;
    const { heads } = this;
    if (this.headDim === undefined && dim % heads !== 0) {
      throw new RangeError(`MultiHeadSelfAttention: heads must divide dim ${dim}, got ${heads}`);
    }
    const size = this.headDim ?? dim / heads;
    this.headDim = size;
    const width = heads * size;
    const timm = this.init === "timm";
    const qkv = timm ? TIMM_NORMAL : glorotUniform([dim, heads, size]);
    const proj = timm ? TIMM_NORMAL : glorotUniform([heads, size, dim]);
    this.addSeeded("qkv.kernel", [dim, 3 * width], qkv);
    if (this.qkvBias) this.addSeeded("qkv.bias", [3 * width], ZEROS);
    for (const norm of this.qkNorm ? ["q_norm", "k_norm"] : []) {
      this.addSeeded(`${norm}.gamma`, [size], ONES);
      this.addSeeded(`${norm}.beta`, [size], ZEROS);
    }
    this.addSeeded("proj.kernel", [width, dim], proj);
    if (this.projBias) this.addSeeded("proj.bias", [dim], ZEROS);
    this.built = true;
  }

  override computeOutputShape(inputShape: tfl.Shape | tfl.Shape[]): tfl.Shape {
    const [batch, tokens, dim] = singleShape(inputShape);
    return [batch!, this.queries ?? tokens!, dim!];
  }

  override call(inputs: tf.Tensor | tf.Tensor[], kwargs: Record<string, unknown>): tf.Tensor {
    return tf.tidy(() => {
      const x = single(inputs);
      const qkv = this.queriesKeysValues(x);
      const { onAttention } = kwargs ?? {};
      if (onAttention !== undefined) this.show(qkv, onAttention);
      const out = attention(qkv, this.optionsFor(x, kwargs ?? {}));
      return linear(out, this.weight("proj.kernel"), this.projBias ? this.weight("proj.bias") : undefined);
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { heads, attnDropRate, qkNorm, epsilon, qkvBias, projBias } = this;
    const options = {
      heads,
      headDim: this.headDim ?? null,
      attnDropRate,
      qkNorm,
      epsilon,
      qkvBias,
      projBias,
    };
    const config = { ...super.getConfig(), ...options };
    return this.queries === undefined ? config : { ...config, queries: this.queries };
  }

  private queriesKeysValues(x: tf.Tensor): tf.Tensor {
    const qkv = linear(x, this.weight("qkv.kernel"), this.qkvBias ? this.weight("qkv.bias") : undefined);
    if (!this.qkNorm) return qkv;
    const { heads, epsilon } = this;
    const norm = (name: string) => ({
      gamma: this.weight(`${name}.gamma`),
      beta: this.weight(`${name}.beta`),
    });
    return normHeads(qkv, { heads, query: norm("q_norm"), key: norm("k_norm"), epsilon });
  }

  private show(qkv: tf.Tensor, observer: unknown): void {
    if (typeof observer !== "function") {
      throw new TypeError(`MultiHeadSelfAttention: onAttention must be a function, got ${typeof observer}`);
    }
    const { heads, queries = qkv.shape[1]! } = this;
    observer(attentionProbabilities(qkv, { heads, queries }), this);
  }

  private optionsFor(x: tf.Tensor, kwargs: Record<string, unknown>): AttentionOptions {
    const { heads, queries = x.shape[1]!, attnDropRate: rate } = this;
    if (rate === 0 || kwargs.training !== true) return { heads, queries };
    const sampleKeys = rowKeys({ kwargs, batch: x.shape[0]!, seed: this.seed, call: this.draws++ });
    return { heads, queries, dropout: { rate, sampleKeys, site: siteOf(`${this.name}.scores`) } };
  }
}

tf.serialization.registerClass(MultiHeadSelfAttention);
