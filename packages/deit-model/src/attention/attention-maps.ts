import type * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { observeAttention, type TokenLayout, tokenLayout } from "./observe-attention.ts";

/** Result of {@link attentionMaps}; `tf.dispose(maps.layers)` frees it. */
export interface AttentionMaps extends TokenLayout {
  /** Probabilities of each block, first to last, `[batch, heads, queries, tokens]`. */
  readonly layers: tf.Tensor4D[];
}

/**
 * Computes the attention probabilities `p = softmax(q kᵀ / sqrt(headDim))` of all blocks and heads of a ViT or DeiT, in
 * evaluation (no dropout).
 *
 * The model runs once, with one more product and softmax per block. It may be loaded, wrapped by {@link averageHeads} or
 * nested. Rows sum to 1. Tokens are the class token, the distillation token of a distilled model (registers before or after
 * them, if any), then patches row after row. The last block has one query per class token, or all with `allTokens`. The
 * result takes `4 · heads · tokens²` bytes per image and block: 5 MB per image for DeiT-Ti at 224², 21 MB for DeiT-B; split
 * large batches.
 *
 * @param images - `[batch, height, width, channels]`, float32, as the model takes them. Not disposed.
 * @returns Tensors owned by the caller.
 * @throws RangeError if the model has no attention layer or class tokens of `vit-blocks`, applies a block more than once, has
 * no recognizable grid of patches, or takes images of another shape; before anything is allocated.
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
