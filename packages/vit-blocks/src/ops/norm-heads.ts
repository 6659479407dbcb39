import * as tf from "@tensorflow/tfjs-core";
import { layerNorm } from "./layer-norm.ts";

/** Weights of a normalization, `[headDim]` each. */
interface NormWeights {
  readonly gamma: tf.Tensor;
  readonly beta: tf.Tensor;
}

/** How queries and keys are normalized. */
export interface HeadNorms {
  readonly heads: number;
  readonly query: NormWeights;
  readonly key: NormWeights;
  readonly epsilon: number;
}

/**
 * Normalizes the queries and keys of each head: `qkv` `[batch, tokens, 3 · heads · headDim]` → same shape, values unchanged. The
 * weights are those of all heads.
 */
export function normHeads(qkv: tf.Tensor, { heads, query, key, epsilon }: HeadNorms): tf.Tensor {
  const [batch, tokens, width] = qkv.shape as [number, number, number];
  return tf.tidy(() => {
    const [q, k, v] = tf.split(qkv, 3, 2) as [tf.Tensor, tf.Tensor, tf.Tensor];
    const normed = (x: tf.Tensor, { gamma, beta }: NormWeights) => {
      const byHead = tf.reshape(x, [batch, tokens, heads, width / (3 * heads)]);
      return tf.reshape(layerNorm(byHead, gamma, beta, epsilon), x.shape);
    };
    return tf.concat([normed(q, query), normed(k, key), v], 2);
  });
}
