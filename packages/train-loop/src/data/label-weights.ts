import type { Batch } from "sample-keys";
import type { BatchLogs, Task } from "../task.ts";

/** Returns the labeled share of each row of a batch; `undefined` if all rows are labeled. */
export function labelWeightsOf({ labels, labelWeights }: Batch): Float32Array | undefined {
  if (labelWeights !== undefined) {
    return labelWeights.every((weight) => weight === 1) ? undefined : labelWeights;
  }
  return labels.includes(-1) ? Float32Array.from(labels, (label) => (label === -1 ? 0 : 1)) : undefined;
}

/**
 * Returns rows of a batch with label weights whose mean over the whole batch is 1, so that a mean over rows of weighted losses is
 * `Σ share · loss / Σ share`, however the batch is cut: each row brings its weight. They are zeros if nothing is labeled, and absent if
 * everything is. A row without a labeled share has the label −1.
 *
 * @param whole - Counts of the whole batch.
 */
export function withMeanWeights(
  batch: Batch,
  whole: Pick<LabeledCounts, "rows" | "share"> = labeledCounts(batch),
): Batch {
  const { labelWeights: _, ...rest } = batch;
  if (whole.share === whole.rows) return rest;
  const shares = labelWeightsOf(batch) ?? new Float32Array(batch.labels.length).fill(1);
  const weights = shares.map((share) => (share * whole.rows) / whole.share);
  return { ...rest, labels: labelsOf(batch, shares), labelWeights: whole.share === 0 ? shares : weights };
}

/** A row without a labeled share has no label. */
function labelsOf({ labels }: Batch, shares: Float32Array): Int32Array {
  return labels.map((label, row) => (shares[row] === 0 ? -1 : label));
}

/** What a batch's logs are means over. */
export interface LabeledCounts {
  readonly rows: number;
  /** Rows with a label, over which accuracy is a mean. */
  readonly labeled: number;
  /** Sum of the rows' labeled shares, by which a batch counts in an epoch's mean over what is labeled. */
  readonly share: number;
}

/** Returns what the logs of a batch are means over. */
export function labeledCounts(batch: Batch): LabeledCounts {
  const rows = batch.labels.length;
  const shares = labelWeightsOf(batch);
  if (shares === undefined) return { rows, labeled: rows, share: rows };
  const share = shares.reduce((sum, one) => sum + one, 0);
  const labeled = labelsOf(batch, shares).reduce((count, label) => count + (label === -1 ? 0 : 1), 0);
  return { rows, labeled, share };
}

/**
 * Returns the logs of a batch as means over what is labeled: accuracy was computed over all rows. Accuracy and the parts of the labels'
 * loss are left out if nothing is.
 */
export function logsOfLabeled(
  logs: BatchLogs,
  { rows, labeled, share }: LabeledCounts,
  { parts }: Task,
): BatchLogs {
  if (share === rows) return logs;
  const entries = Object.entries(logs).flatMap(([name, value]): [string, number][] => {
    if (name === "accuracy") return labeled === 0 ? [] : [[name, (value * rows) / labeled]];
    return share > 0 || !parts.labeled?.includes(name) ? [[name, value]] : [];
  });
  return Object.fromEntries(entries);
}
