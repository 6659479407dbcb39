import * as tf from "@tensorflow/tfjs-core";
import { HEAD_OPTIONS, type HeadOptions, headSizes, splitHeads } from "./attention-heads.ts";

/**
 * Computes the attention probabilities of each head: `p = softmax(scale · q kᵀ)`, softmax over the keys.
 *
 * `attention` does not keep them; this op is for inspection. It is composed of tfjs' own ops and their gradients, and runs
 * on every backend.
 *
 * @param qkv - `[batch, tokens, 3 · heads · headDim]`, float32: q, then k, then v, each head after head. Not disposed.
 * @returns `[batch, heads, queries, tokens]`, rows sum to 1; a new tensor owned by the caller.
 * @throws RangeError if the shape does not fit the heads, or `queries` is not in 1…tokens.
 * @see Vaswani et al. 2017, "Attention Is All You Need", section 3.2, https://arxiv.org/abs/1706.03762
 *
 * @example
 * console.log(attentionProbabilities(tf.ones([1, 4, 12]), { heads: 2, queries: 1 }).shape); // [1, 2, 1, 4]
 */
export function attentionProbabilities(qkv: tf.Tensor, options: HeadOptions): tf.Tensor4D {
  const sides = headSizes("attentionProbabilities", qkv, options, HEAD_OPTIONS);
  return tf.tidy(() => {
    const { q, k } = splitHeads(qkv, sides);
    return tf.softmax(tf.matMul(q, k, false, true)) as tf.Tensor4D; // [batch, heads, queries, tokens]
  });
}
