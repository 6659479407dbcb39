import * as tf from "@tensorflow/tfjs-core";
import type * as tfl from "@tensorflow/tfjs-layers";
import type { DataSource, Preprocess } from "distill-trainer";
import { sampleKey } from "sample-keys";

const FORWARD_ROWS = 8;

/** Feature vectors of a data set, computed once. */
export interface Features {
  /** One a sample, equally long. */
  readonly rows: readonly Float32Array[];
  readonly labels: Int32Array;
}

/**
 * A frozen model's features of every sample of a source's epoch 0.
 *
 * @param onProgress - Called with the number of samples done.
 */
export async function extractFeatures(
  model: tfl.LayersModel,
  preprocess: Preprocess,
  source: DataSource,
  onProgress: (samples: number) => void,
): Promise<Features> {
  const rows: Float32Array[] = [];
  const labels: number[] = [];
  for await (const batch of source.batches(0)) {
    const [count = 0, ...sample] = batch.shape;
    const stride = batch.images.length / count;
    for (let start = 0; start < count; start += FORWARD_ROWS) {
      const end = Math.min(start + FORWARD_ROWS, count);
      const output = tf.tidy(() => {
        const images = tf.tensor(batch.images.subarray(start * stride, end * stride), [
          end - start,
          ...sample,
        ]);
        return model.predict(preprocess(images)) as tf.Tensor2D;
      });
      const values = (await output.data()) as Float32Array;
      const width = output.shape[1];
      output.dispose();
      for (let row = 0; row < end - start; row++) rows.push(values.slice(row * width, (row + 1) * width));
    }
    labels.push(...batch.labels);
    onProgress(labels.length);
    await tf.nextFrame();
  }
  return { rows, labels: Int32Array.from(labels) };
}

/** Features as a data source, in another order every epoch. */
export function featureSource({ rows, labels }: Features, batchSize: number, seed: number): DataSource {
  const width = rows[0]!.length;
  return {
    size: rows.length,
    batchSize,
    async *batches(epoch: number) {
      const keys = Uint32Array.from(rows, (_, row) => sampleKey(seed, epoch, row));
      const order = Array.from(keys.keys()).sort((a, b) => keys[a]! - keys[b]!);
      for (let start = 0; start < order.length; start += batchSize) {
        const chosen = order.slice(start, start + batchSize);
        const images = new Float32Array(chosen.length * width);
        chosen.forEach((row, i) => {
          images.set(rows[row]!, i * width);
        });
        yield {
          images,
          shape: [chosen.length, width],
          labels: Int32Array.from(chosen, (row) => labels[row]!),
          sampleKeys: Uint32Array.from(chosen, (row) => keys[row]!),
        };
      }
    },
  };
}
