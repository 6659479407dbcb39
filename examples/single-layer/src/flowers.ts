import * as tf from "@tensorflow/tfjs-core";
import { drawFlower, flowerLabel, TF_FLOWERS_CLASSES } from "flowers-data";

/** Pictures and labels for `model.fit`. */
export interface Flowers {
  /** `[count, size, size, 3]` in [0, 1]. */
  readonly xs: tf.Tensor4D;
  /** One-hot, `[count, classes]`. */
  readonly ys: tf.Tensor2D;
}

/** Drawn flowers `first` to `first + count - 1`, the classes in turn. Owned by the caller. */
export function flowers(first: number, count: number, size: number): Flowers {
  const pixels = new Float32Array(count * size * size * 3);
  const labels = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const { data } = drawFlower({ seed: 42, index: first + i, size });
    for (let j = 0; j < data.length; j++) pixels[i * data.length + j] = data[j]! / 255;
    labels[i] = flowerLabel(first + i);
  }
  return {
    xs: tf.tensor4d(pixels, [count, size, size, 3]),
    ys: tf.oneHot(tf.tensor1d(labels, "int32"), TF_FLOWERS_CLASSES.length) as tf.Tensor2D,
  };
}
