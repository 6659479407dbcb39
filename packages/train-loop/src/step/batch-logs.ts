import * as tf from "@tensorflow/tfjs-core";
import type { BatchLogs, Outcome } from "../task.ts";

/** Collects the scalars of a batch's micro-batches on the backend and reads them back once. */
export class BatchLogCollector {
  readonly #names: string[] = [];
  readonly #weights: number[] = [];
  readonly #rows: tf.Tensor1D[] = [];

  /**
   * Takes an outcome's scalars (copied) and its accuracy.
   *
   * @param weight - The micro-batch's share of the batch's rows.
   */
  add(outcome: Outcome, labels: tf.Tensor1D, weight: number): void {
    if (this.#names.length === 0) this.#names.push("loss", ...Object.keys(outcome.parts), "accuracy");
    this.#weights.push(weight);
    const row = tf.tidy(() => {
      const correct = tf.equal(tf.cast(tf.argMax(outcome.logits, 1), "int32"), labels);
      const accuracy = tf.mean(tf.cast(correct, "float32"));
      return tf.stack([outcome.loss, ...Object.values(outcome.parts), accuracy]) as tf.Tensor1D;
    });
    this.#rows.push(tf.keep(row));
  }

  /** Frees what was collected and will not be read. */
  dispose(): void {
    tf.dispose(this.#rows);
  }

  /**
   * Reads back once, which on a GPU is a round trip.
   *
   * @param beside - Numbers to read in the same go; not disposed.
   * @returns Means over the batch's rows, and what stood beside them; frees what was collected.
   */
  async read(beside: tf.Tensor1D): Promise<{ logs: BatchLogs; beside: Float32Array }> {
    const all = tf.concat([...this.#rows, beside]);
    tf.dispose(this.#rows);
    const numbers = (await all.data()) as Float32Array;
    all.dispose();
    const columns = this.#names.length;
    const logs = Object.fromEntries(
      this.#names.map((name, column) => [
        name,
        this.#weights.reduce((sum, weight, row) => sum + weight * numbers[row * columns + column]!, 0),
      ]),
    );
    return { logs, beside: numbers.slice(this.#rows.length * columns) };
  }
}

/** An {@link EpochLogs} as plain data. */
export interface EpochLogsState {
  readonly batches: number;
  readonly samples: number;
  readonly sums: Readonly<Record<string, number>>;
}

/**
 * An epoch's logs from its batches', as Keras aggregates them: losses are unweighted means of batch means (a smaller
 * last batch counts as much as the others), accuracy is the mean over samples.
 */
export class EpochLogs {
  #batches: number;
  #samples: number;
  readonly #sums: Record<string, number>;

  /** @param state - What to go on from. Default: nothing yet. */
  constructor(state: EpochLogsState = { batches: 0, samples: 0, sums: {} }) {
    this.#batches = state.batches;
    this.#samples = state.samples;
    this.#sums = { ...state.sums };
  }

  get state(): EpochLogsState {
    return { batches: this.#batches, samples: this.#samples, sums: { ...this.#sums } };
  }

  add(logs: BatchLogs, samples: number): void {
    this.#batches += 1;
    this.#samples += samples;
    for (const [name, value] of Object.entries(logs)) {
      this.#sums[name] = (this.#sums[name] ?? 0) + (name === "accuracy" ? value * samples : value);
    }
  }

  get samples(): number {
    return this.#samples;
  }

  /** @param prefix - Put before each name, `"val_"` for validation. */
  means(prefix = ""): BatchLogs {
    return Object.fromEntries(
      Object.entries(this.#sums).map(([name, sum]) => [
        prefix + name,
        sum / (name === "accuracy" ? this.#samples : this.#batches),
      ]),
    );
  }
}
