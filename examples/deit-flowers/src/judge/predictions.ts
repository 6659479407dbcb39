import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { DataSource, Preprocess } from "distill-trainer";

/** What a model says about pictures. */
export interface Predictions {
  /** Class of each picture. */
  readonly labels: readonly number[];
  /** Of each picture, one number a class, summing to 1. */
  readonly probabilities: readonly Float32Array[];
}

/**
 * A model's probabilities for a source's epoch 0, in its order.
 *
 * @param rows - Pictures in memory at once.
 */
export async function predictionsOf(
  { model, preprocess }: { readonly model: tfl.LayersModel; readonly preprocess: Preprocess },
  source: DataSource,
  rows: number,
): Promise<Predictions> {
  const labels: number[] = [];
  const probabilities: Float32Array[] = [];
  for await (const { images, shape, labels: known } of source.batches(0)) {
    const [count = 0, ...sample] = shape;
    const stride = images.length / count;
    for (let start = 0; start < count; start += rows) {
      const end = Math.min(start + rows, count);
      const output = tf.tidy(() => {
        const pixels = tf.tensor(images.subarray(start * stride, end * stride), [end - start, ...sample]);
        return tf.softmax(model.predict(preprocess(pixels)) as tf.Tensor2D);
      });
      const values = (await output.data()) as Float32Array;
      const classes = output.shape[1]!;
      output.dispose();
      for (let row = 0; row < end - start; row++)
        probabilities.push(values.slice(row * classes, (row + 1) * classes));
    }
    labels.push(...known);
  }
  return { labels, probabilities };
}
