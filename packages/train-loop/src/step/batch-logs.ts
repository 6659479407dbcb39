import * as tf from "@tensorflow/tfjs-core";
import { MULTI_LABEL } from "sample-keys";
import type { LabeledCounts } from "../data/label-weights.ts";
import type { BatchLogs, MicroBatch, Outcome } from "../task.ts";

/** Collects the scalars of a batch's micro-batches on the backend and reads them back once. */
export class BatchLogCollector {
  readonly #names: string[] = [];
  readonly #weights: number[] = [];
  readonly #rows: tf.Tensor1D[] = [];

  /**
   * Adds an outcome's scalars (copied) and its accuracy.
   *
   * @param weight - The micro-batch's share of the batch's rows.
   * @param multiLabel - Whether rows may have several labels. Default false.
   */
  add(
    outcome: Outcome,
    labeled: Pick<MicroBatch, "labels" | "targets">,
    weight: number,
    multiLabel = false,
  ): void {
    if (this.#names.length === 0) this.#names.push(...logNames(Object.keys(outcome.parts)));
    this.#weights.push(weight);
    this.#rows.push(tf.keep(logRow(outcome, labeled, multiLabel)));
  }

  /** Frees the collected scalars. */
  dispose(): void {
    tf.dispose(this.#rows);
  }

  /**
   * Reads all scalars back at once, since each read-back is a round trip on a GPU, and frees them.
   *
   * @param beside - Further numbers to read back with them; not disposed.
   * @returns Means over the batch's rows, and the further numbers.
   */
  async read(beside: tf.Tensor1D): Promise<{ logs: BatchLogs; beside: Float32Array }> {
    const all = tf.concat([...this.#rows, beside]);
    tf.dispose(this.#rows);
    const numbers = (await all.data()) as Float32Array;
    all.dispose();
    const columns = this.#names.length;
    const rows = this.#rows.map((_, row) => numbers.subarray(row * columns, (row + 1) * columns));
    const logs = meanLogs(this.#names, this.#weights, rows);
    return { logs, beside: numbers.slice(this.#rows.length * columns) };
  }
}

/** The names of a batch's logs in their order, that of {@link logRow}. @param parts - Names of the outcome's parts. */
export function logNames(parts: readonly string[]): string[] {
  return ["loss", ...parts, "accuracy"];
}

/** An outcome's scalars and its accuracy, as one new tensor. */
export function logRow(outcome: Outcome, labeled: Labeled, multiLabel = false): tf.Tensor1D {
  return tf.tidy(() => {
    const correct = (multiLabel ? allRight : bestRight)(outcome.logits, labeled);
    const accuracy = tf.mean(tf.cast(correct, "float32"));
    return tf.stack([outcome.loss, ...Object.values(outcome.parts), accuracy]) as tf.Tensor1D;
  });
}

/** Means of micro-batches' logs, each with its share of the batch's rows as its weight. */
export function meanLogs(
  names: readonly string[],
  weights: readonly number[],
  rows: readonly Float32Array[],
): BatchLogs {
  return Object.fromEntries(
    names.map((name, column) => [
      name,
      weights.reduce((sum, weight, row) => sum + weight * rows[row]![column]!, 0),
    ]),
  );
}

type Labeled = Pick<MicroBatch, "labels" | "targets">;

function bestRight(logits: tf.Tensor2D, { labels }: Labeled): tf.Tensor {
  return tf.equal(tf.cast(tf.argMax(logits, 1), "int32"), labels);
}

/** Rows with labels whose classes are all answered right. */
function allRight(logits: tf.Tensor2D, { labels, targets }: Labeled): tf.Tensor {
  const each = tf.equal(tf.greater(logits, 0), tf.greater(targets!, 0.5));
  return tf.logicalAnd(tf.all(each, 1), tf.equal(labels, tf.scalar(MULTI_LABEL, "int32")));
}

/** An {@link EpochLogs} as plain data. */
export interface EpochLogsState {
  readonly sums: Readonly<Record<string, number>>;
  /** What each sum is of: batches, or samples for accuracy. */
  readonly counts: Readonly<Record<string, number>>;
  /** Rows of the batches, the sum of their labeled shares, and the sums over labeled rows of the parts of the labels' loss. */
  readonly labeled: {
    readonly rows: number;
    readonly share: number;
    readonly sums: Readonly<Record<string, number>>;
  };
}

const EMPTY: EpochLogsState = { sums: {}, counts: {}, labeled: { rows: 0, share: 0, sums: {} } };

/**
 * Logs of an epoch, aggregated as in Keras: losses are unweighted means of batch means (a smaller last batch counts as much as
 * the others), accuracy is the mean over labeled samples. In an epoch with rows that are not labeled, the parts of the labels' loss are
 * means over labeled rows too. What a batch's logs lack, it does not count in. What a batch's float32 accuracy counts is an integer: equal
 * counts give equal means.
 */
export class EpochLogs {
  readonly #labeledParts: readonly string[];
  readonly #sums: Record<string, number>;
  readonly #counts: Record<string, number>;
  readonly #labeledSums: Record<string, number>;
  #rows: number;
  #share: number;

  /**
   * @param labeledParts - Names of the parts that are means over labeled rows.
   * @param state - Initial state. Default: empty.
   */
  constructor(labeledParts: readonly string[] = [], state: EpochLogsState = EMPTY) {
    const { sums, counts, labeled = EMPTY.labeled } = state; // older checkpoints have none
    this.#labeledParts = labeledParts;
    this.#sums = { ...sums };
    this.#counts = { ...counts };
    this.#labeledSums = { ...labeled.sums };
    this.#rows = labeled.rows;
    this.#share = labeled.share;
  }

  get state(): EpochLogsState {
    const labeled = { rows: this.#rows, share: this.#share, sums: { ...this.#labeledSums } };
    return { sums: { ...this.#sums }, counts: { ...this.#counts }, labeled };
  }

  /** Adds a batch's logs. */
  add(logs: BatchLogs, { rows, labeled, share }: LabeledCounts): void {
    this.#rows += rows;
    this.#share += share;
    for (const [name, value] of Object.entries(logs)) {
      const count = name === "accuracy" ? labeled : 1;
      const sum = name === "accuracy" ? Math.round(value * labeled) : value;
      this.#sums[name] = (this.#sums[name] ?? 0) + sum;
      this.#counts[name] = (this.#counts[name] ?? 0) + count;
      if (this.#labeledParts.includes(name))
        this.#labeledSums[name] = (this.#labeledSums[name] ?? 0) + value * share;
    }
  }

  /** Returns the means; `prefix` is that of each name, `"val_"` for validation. */
  means(prefix = ""): BatchLogs {
    const isLabeled = this.#share === this.#rows;
    return Object.fromEntries(
      Object.entries(this.#sums).map(([name, sum]) => {
        const overRows = isLabeled ? undefined : this.#labeledSums[name];
        return [prefix + name, overRows === undefined ? sum / this.#counts[name]! : overRows / this.#share];
      }),
    );
  }
}
