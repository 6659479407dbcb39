import * as tf from "@tensorflow/tfjs-core";
import type { Teacher } from "distill-trainer";
import type { DataSource } from "train-loop";

/** A model's predictions for pictures. */
export interface Predictions {
  /** Class of each picture; −2 where it may have several. */
  readonly labels: readonly number[];
  /** 1 for each class that a picture has, else 0; where pictures may have several labels. */
  readonly targets?: readonly Float32Array[];
  /** Probabilities of each picture, one per class. They sum to 1, unless pictures may have several labels. */
  readonly probabilities: readonly Float32Array[];
}

/**
 * A model's probabilities for a source's epoch 0, in its order.
 *
 * @param answers - The model: pictures to logits.
 * @param rows - Pictures on the backend at once.
 * @param multiLabel - Whether each class has a probability of its own, by a sigmoid. Default false: a softmax.
 * @throws Error for a probability that is not finite.
 */
export async function predictionsOf(
  answers: Pick<Teacher, "logits">,
  source: DataSource,
  rows: number,
  multiLabel = false,
): Promise<Predictions> {
  const labels: number[] = [];
  const targets: Float32Array[] = [];
  const probabilities: Float32Array[] = [];
  for await (const { images, shape, labels: known, targets: own } of source.batches(0)) {
    const [count = 0, ...sample] = shape;
    const stride = images.length / count;
    for (let start = 0; start < count; start += rows) {
      const end = Math.min(start + rows, count);
      const rowsOfPixels = images.subarray(start * stride, end * stride);
      const part = [end - start, ...sample];
      probabilities.push(...(await probabilitiesOf(answers, rowsOfPixels, part, multiLabel)));
    }
    labels.push(...known);
    if (own !== undefined) targets.push(...rowsOf(own, count));
  }
  return { labels, ...(multiLabel && targets.length > 0 && { targets }), probabilities };
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
  multiLabel: boolean,
): Promise<Float32Array[]> {
  const images = tf.tensor(pixels, [...shape]);
  const logits = await Promise.resolve(answers.logits(images)).finally(() => images.dispose());
  const shares = tf.tidy(() => (multiLabel ? tf.sigmoid(logits) : tf.softmax(logits)));
  logits.dispose();
  const [rows] = shares.shape;
  const values = (await shares.data()) as Float32Array;
  shares.dispose();
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new Error(`expected probabilities from the model, got ${values[bad]}`);
  return rowsOf(values, rows);
}

function rowsOf(values: Float32Array, rows: number): Float32Array[] {
  const size = values.length / rows;
  return Array.from({ length: rows }, (_, row) => values.slice(row * size, (row + 1) * size));
}
