import * as tf from "@tensorflow/tfjs-core";

/** Brightness of what a token does not look at. */
const DIM = 0.15;

/**
 * Pictures darkened by a map: its largest number leaves a place as it is, its smallest the darkest.
 *
 * @param photos - `[batch, height, width, 3]`. Not disposed.
 * @param map - `[batch, rows, columns]` over them, as attention rollout gives. Not disposed.
 * @returns As `photos`, owned by the caller.
 */
export function lightBy(photos: tf.Tensor4D, map: tf.Tensor3D): tf.Tensor4D {
  return tf.tidy(() => {
    const [, height, width] = photos.shape;
    // Stretched: of a deep model no patch has a share near 0. An even map has nothing brightest: it stays dark.
    const [low, high] = [tf.min(map, [1, 2], true), tf.max(map, [1, 2], true)];
    const stretched = tf.divNoNan(tf.sub(map, low), tf.sub(high, low));
    const share = tf.expandDims(stretched, 3) as tf.Tensor4D;
    const smooth = tf.image.resizeBilinear(share, [height, width], false, true);
    return tf.mul(photos, tf.add(tf.mul(smooth, 1 - DIM), DIM));
  });
}
