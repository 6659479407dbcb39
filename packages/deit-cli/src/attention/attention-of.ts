import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import { attentionMaps, attentionRollout } from "deit-model";
import type { PatchGrid } from "./heat-map.ts";

/** Attention over one picture. */
export interface PictureAttention {
  /** Each patch's share in the class token, as a multiple of the mean over all patches. */
  readonly shares: PatchGrid;
  /** The distillation token's multiples minus those of the class token; absent where the model has no such token. */
  readonly difference?: PatchGrid;
}

/**
 * Attention rollout over pictures, by one forward pass.
 *
 * @param images - `[batch, height, width, 3]`, as the model takes them. Not disposed.
 */
export async function attentionOf(model: tfl.LayersModel, images: tf.Tensor): Promise<PictureAttention[]> {
  const tokens = tf.tidy(() => {
    const maps = attentionMaps(model, images);
    return maps.classTokens.map((token) => {
      const rollout = attentionRollout(maps, { token });
      return tf.div<tf.Tensor3D>(rollout, tf.mean(rollout, [1, 2], true));
    });
  });
  const [, rows, columns] = tokens[0]!.shape;
  const values = await Promise.all(tokens.map((token) => token.data()));
  tf.dispose(tokens);
  const size = rows * columns;
  return Array.from({ length: images.shape[0]! }, (_, i): PictureAttention => {
    const [own, second] = values.map((all) => all.subarray(i * size, (i + 1) * size));
    const shares = { values: own!, rows, columns };
    if (second === undefined) return { shares };
    return { shares, difference: { values: second.map((value, k) => value - own![k]!), rows, columns } };
  });
}
