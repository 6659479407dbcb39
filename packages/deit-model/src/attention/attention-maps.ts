import type * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { observeAttention, type TokenLayout, tokenLayout } from "./observe-attention.ts";

/** What {@link attentionMaps} gives; `tf.dispose(maps.layers)` frees it. */
export interface AttentionMaps extends TokenLayout {
  /** First block to last, `[batch, heads, queries, tokens]` each. */
  readonly layers: tf.Tensor4D[];
}

/**
 * Where each token of each head of each block looks: the softmax probabilities `p = softmax(q kᵀ / sqrt(headDim))` of a
 * ViT or DeiT on these images, in evaluation (no dropout).
 *
 * The model itself runs, once, with one more product and softmax per block; no second model is built. It may be loaded,
 * wrapped by {@link averageHeads} or nested. Rows sum to 1. Tokens are the class token, the distillation token of a
 * distilled model (registers before or after them, if the model has some), then patches row after row. The last block has as many queries as there are class tokens, or all
 * with `allTokens`. The result takes `4 · heads · tokens²` bytes per image and block: 5 MB an image for DeiT-Ti at
 * 224², 21 MB for DeiT-B; cut large batches.
 *
 * @param images - `[batch, height, width, channels]`, float32, as the model takes them. Not disposed.
 * @returns Tensors owned by the caller.
 * @throws RangeError if the model has no attention layer or class tokens of `vit-blocks`, its layers do not tell the grid, applies a
 * block more than once, or takes other images; before anything is allocated.
 *
 * @example
 * const model = deit({ imageSize: 32, patchSize: 8, dim: 24, depth: 2, heads: 3, classes: 5 });
 * const maps = attentionMaps(model, tf.zeros([1, 32, 32, 3]));
 * console.log(maps.layers.map((p) => p.shape)); // [[1, 3, 18, 18], [1, 3, 2, 18]]
 * tf.dispose(maps.layers);
 */
export function attentionMaps(model: tfl.LayersModel, images: tf.Tensor): AttentionMaps {
  const layout = tokenLayout("attentionMaps", model);
  return { ...layout, layers: observeAttention("attentionMaps", model, images, (p) => p) };
}
