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
 * Returns a batch whose label weights have the mean 1 over its rows, so that a mean over rows of weighted losses is
 * `Σ share · loss / Σ share`, however the batch is cut: each row brings its weight. They are zeros if nothing is labeled, and absent if
 * everything is. A row without a labeled share has the label −1.
 */
export function withMeanWeights(batch: Batch): Batch {
  const shares = labelWeightsOf(batch);
  const { labelWeights: _, ...rest } = batch;
  if (shares === undefined) return rest;
  const sum = shares.reduce((total, share) => total + share, 0);
  return {
    ...rest,
    labels: batch.labels.map((label, row) => (shares[row] === 0 ? -1 : label)),
    labelWeights: sum === 0 ? shares : shares.map((share) => (share * shares.length) / sum),
  };
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
  return { rows, labeled: labeledRows(withMeanWeights(batch)), share };
}

/** Returns the number of rows with a label, over which accuracy is a mean. */
function labeledRows({ labels }: Batch): number {
  return labels.reduce((count, label) => count + (label === -1 ? 0 : 1), 0);
}

/**
 * Returns the logs of a batch of {@link withMeanWeights} as means over what is labeled: accuracy was computed over all rows. Accuracy
 * and the parts of the labels' loss are left out if nothing is.
 */
export function logsOfLabeled(logs: BatchLogs, batch: Batch, { parts }: Task): BatchLogs {
  const { labels, labelWeights } = batch;
  if (labelWeights === undefined) return logs;
  const labeled = labeledRows(batch);
  const isLabeled = labelWeights.some((weight) => weight > 0);
  const entries = Object.entries(logs).flatMap(([name, value]): [string, number][] => {
    if (name === "accuracy") return labeled === 0 ? [] : [[name, (value * labels.length) / labeled]];
    return isLabeled || !parts.labeled?.includes(name) ? [[name, value]] : [];
  });
  return Object.fromEntries(entries);
}
