import * as tf from "@tensorflow/tfjs-core";

/** Brightness of the patch with the smallest share. */
const DIM = 0.15;

/**
 * Pictures darkened by a map: unchanged where the map is largest, darkest where it is smallest.
 *
 * @param photos - `[batch, height, width, 3]`. Not disposed.
 * @param map - Attention rollout, `[batch, rows, columns]`. Not disposed.
 * @returns Of the shape of `photos`, owned by the caller.
 */
export function lightBy(photos: tf.Tensor4D, map: tf.Tensor3D): tf.Tensor4D {
  return tf.tidy(() => {
    const [, height, width] = photos.shape;
    // Stretched, because no patch of a deep model has a share near 0. A uniform map stays dark.
    const [low, high] = [tf.min(map, [1, 2], true), tf.max(map, [1, 2], true)];
    const stretched = tf.divNoNan(tf.sub(map, low), tf.sub(high, low));
    const share = tf.expandDims(stretched, 3) as tf.Tensor4D;
    const smooth = tf.image.resizeBilinear(share, [height, width], false, true);
    return tf.mul(photos, tf.add(tf.mul(smooth, 1 - DIM), DIM));
  });
}
