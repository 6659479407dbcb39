import * as tf from "@tensorflow/tfjs-core";
import type { Teacher } from "distill-trainer";
import type { DataSource } from "train-loop";

/** A model's predictions for pictures. */
export interface Predictions {
  /** Class of each picture. */
  readonly labels: readonly number[];
  /** Probabilities of each picture, one per class, summing to 1. */
  readonly probabilities: readonly Float32Array[];
}

/**
 * A model's probabilities for a source's epoch 0, in its order.
 *
 * @param answers - The model: pictures to logits.
 * @param rows - Pictures on the backend at once.
 * @throws Error for a probability that is not finite.
 */
export async function predictionsOf(
  answers: Pick<Teacher, "logits">,
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
      const rowsOfPixels = images.subarray(start * stride, end * stride);
      probabilities.push(...(await probabilitiesOf(answers, rowsOfPixels, [end - start, ...sample])));
    }
    labels.push(...known);
  }
  return { labels, probabilities };
}

/** A model's logits `[samples, classes]` for a source's epoch 0, in its order, and the class of each. */
export async function logitsAndLabels(
  answers: Pick<Teacher, "logits">,
  source: DataSource,
  rows: number,
): Promise<{ readonly logits: number[]; readonly labels: readonly number[] }> {
  const all: number[] = [];
  const kept = {
    async logits(images: tf.Tensor) {
      const logits = await answers.logits(images);
      all.push(...(await logits.data()));
      return logits;
    },
  };
  const { labels } = await predictionsOf(kept, source, rows);
  return { logits: all, labels };
}

async function probabilitiesOf(
  answers: Pick<Teacher, "logits">,
  pixels: Float32Array,
  shape: readonly number[],
): Promise<Float32Array[]> {
  const images = tf.tensor(pixels, [...shape]);
  const logits = await Promise.resolve(answers.logits(images)).finally(() => images.dispose());
  const shares = tf.tidy(() => tf.softmax(logits));
  logits.dispose();
  const [rows, classes] = shares.shape;
  const values = (await shares.data()) as Float32Array;
  shares.dispose();
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new Error(`expected probabilities from the model, got ${values[bad]}`);
  return Array.from({ length: rows }, (_, row) => values.slice(row * classes, (row + 1) * classes));
}
