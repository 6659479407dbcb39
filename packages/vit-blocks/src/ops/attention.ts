import * as tf from "@tensorflow/tfjs-core";
import { customOp, type Forward, hasKernel, runKernel, withGradient } from "kernel-contract";
import { type Checks, check, optional, RATE } from "known-options";
import type { SampleKeys } from "stochastic-depth";
import { HEAD_OPTIONS, type HeadOptions, type HeadSizes, headSizes, splitHeads } from "./attention-heads.ts";
import { dropout } from "./dropout.ts";

/** Options of {@link attention}. */
export interface AttentionOptions extends HeadOptions {
  /** Dropout of the attention probabilities, for training; uses composed ops that keep them in memory. Default: none. */
  readonly dropout?: { readonly rate: number; readonly sampleKeys: SampleKeys; readonly site: number };
}

const CHECKS: Checks<AttentionOptions> = {
  ...HEAD_OPTIONS,
  dropout: optional(
    check("{ rate in [0, 1), sampleKeys, site }", (value) => {
      const { rate, sampleKeys, site } = (value ?? {}) as { [key in keyof Dropout]?: unknown };
      return RATE.fits(rate) && typeof sampleKeys === "object" && typeof site === "number";
    }),
  ),
};

type Dropout = NonNullable<AttentionOptions["dropout"]>;

/**
 * Multi-head self-attention between tokens: `out = softmax(scale · q kᵀ) v` for each head, softmax over the keys.
 *
 * The last axis of `qkv` is q, then k, then v, each head after head (the row order of timm's `qkv.weight`). Only `qkv` is
 * saved for the backward pass (with kernels also `out` and the log-sum-exp of each row); probabilities are recomputed.
 * Runs the kernels `Attention` and `AttentionGrad` where the backend has them.
 *
 * @param qkv - `[batch, tokens, 3 · heads · headDim]`, float32. Not disposed.
 * @returns `[batch, queries, heads · headDim]`, a new tensor owned by the caller.
 * @throws RangeError if the shape does not fit the heads, or `queries` is not in 1…tokens.
 * @see Vaswani et al. 2017, "Attention Is All You Need", section 3.2, https://arxiv.org/abs/1706.03762
 *
 * @example
 * console.log(attention(tf.ones([1, 4, 12]), { heads: 2 }).shape); // [1, 4, 4]
 */
export function attention(qkv: tf.Tensor, options: AttentionOptions): tf.Tensor3D {
  const sides = headSizes("attention", qkv, options, CHECKS);
  if (options.dropout !== undefined && options.dropout.rate > 0) {
    return withDropout(qkv, sides, options.dropout);
  }
  const forward = hasKernel("Attention", "AttentionGrad") ? withKernel : composite;
  return customOp([qkv], (x) => forward(x, sides)) as tf.Tensor3D; // built as [batch, queries, width / 3]
}

function withKernel(qkv: tf.Tensor, { heads, scale, queries }: HeadSizes): Forward {
  const attrs = { heads, scale, queries };
  const [out, logSumExp] = runKernel("Attention", { qkv }, attrs);
  return withGradient({
    value: out,
    saved: [qkv, out, logSumExp],
    backward: (dy, [x, y, lse]) => runKernel("AttentionGrad", { qkv: x, out: y, logSumExp: lse, dy }, attrs),
  });
}

function composite(qkv: tf.Tensor, sides: HeadSizes): Forward {
  const { q, k, v } = splitHeads(qkv, sides);
  return withGradient({
    value: joinHeads(tf.matMul(tf.softmax(tf.matMul(q, k, false, true)), v), sides),
    saved: [qkv],
    backward: (dy, [x]) => [compositeGradient(dy, x, sides)],
  });
}

function compositeGradient(dy: tf.Tensor, qkv: tf.Tensor, sides: HeadSizes): tf.Tensor {
  const { batch, tokens, heads, size, queries, scale } = sides;
  const { q, k, v } = splitHeads(qkv, sides);
  const p = tf.softmax(tf.matMul(q, k, false, true)); // [batch, heads, queries, tokens]
  const dOut = tf.transpose(tf.reshape(dy, [batch, queries, heads, size]), [0, 2, 1, 3]);
  const dv = tf.matMul(p, dOut, true, false);
  const dp = tf.matMul(dOut, v, false, true);
  const ds = tf.mul(p, tf.sub(dp, tf.sum(tf.mul(dp, p), -1, true)));
  const dQueries = tf.mul(tf.matMul(ds, k), scale);
  const zeros = tf.zeros([batch, heads, tokens - queries, size]); // tokens that are not queries
  const dq = queries === tokens ? dQueries : tf.concat([dQueries, zeros], 2);
  const dk = tf.matMul(ds, q, true, false); // q already holds the scale
  const parts = [dq, dk, dv].map((part) => tf.transpose(part, [0, 2, 1, 3])); // [batch, tokens, heads, size]
  return tf.reshape(tf.concat(parts, 2), qkv.shape); // [batch, tokens, 3 * heads * size]
}

function withDropout(qkv: tf.Tensor, sides: HeadSizes, { rate, sampleKeys, site }: Dropout): tf.Tensor3D {
  return tf.tidy(() => {
    const { q, k, v } = splitHeads(qkv, sides);
    const p = tf.softmax(tf.matMul(q, k, false, true));
    return joinHeads(tf.matMul(dropout(p, { rate, training: true, sampleKeys, site }), v), sides);
  });
}

function joinHeads(out: tf.Tensor, { batch, heads, size, queries }: HeadSizes): tf.Tensor3D {
  return tf.reshape(tf.transpose(out, [0, 2, 1, 3]), [batch, queries, heads * size]);
}
