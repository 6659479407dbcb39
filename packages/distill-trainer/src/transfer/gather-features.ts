import { rowsOfRank } from "sample-keys";
import type { Communicator } from "train-loop";

/** Feature vectors of a data set, computed once. */
export interface Features {
  /** Feature vectors `[samples, width]`, row-major. */
  readonly values: Float32Array;
  /** Length of a feature vector. */
  readonly width: number;
  /** Class of each sample. */
  readonly labels: Int32Array;
}

/**
 * Returns the features of all programs in the order of the samples. Each program's are broadcast: a sum might be compressed.
 *
 * @param own - Features of this program's rows, batch by batch.
 * @param batchRows - Number of rows of each batch.
 */
export async function gatherFeatures(
  own: Features,
  batchRows: readonly number[],
  communicator: Communicator,
): Promise<Features> {
  const { width } = own;
  const size = batchRows.reduce((sum, rows) => sum + rows, 0);
  const all = { values: new Float32Array(size * width), width, labels: new Int32Array(size) };
  for (let rank = 0; rank < communicator.size; rank++) {
    const samples = samplesOf(rank, communicator.size, batchRows);
    if (samples.length === 0) continue;
    const isOwn = rank === communicator.rank;
    const values = isOwn ? own.values : new Float32Array(samples.length * width);
    const labels = isOwn ? own.labels : new Int32Array(samples.length);
    await communicator.broadcast(values, rank);
    await communicator.broadcast(labels, rank);
    for (const [row, sample] of samples.entries()) {
      all.values.set(values.subarray(row * width, (row + 1) * width), sample * width);
      all.labels[sample] = labels[row]!;
    }
  }
  return all;
}

/** Positions of a program's rows among all samples. */
function samplesOf(rank: number, size: number, batchRows: readonly number[]): number[] {
  let first = 0;
  return batchRows.flatMap((rows) => {
    const samples = Array.from(rowsOfRank(rows, { rank, size }), (row) => first + row);
    first += rows;
    return samples;
  });
}
