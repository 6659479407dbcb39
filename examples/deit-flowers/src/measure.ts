import type { BatchLogs, DataSource } from "distill-trainer";

/** What a trained model is judged by. */
export interface Measured {
  /** Share of held-out images classified right, in [0, 1]. */
  readonly valAccuracy: number;
  /** Images a second, forward. */
  readonly imagesPerSecond: number;
}

const TIMED_MS = 1000;
const MOST_PASSES = 15;

/**
 * Accuracy and speed of a model on held-out images that are in memory. The first pass gives the accuracy and warms up; then
 * passes are timed for about a second, and their median counts.
 */
export async function measure(
  evaluate: (source: DataSource) => Promise<BatchLogs>,
  heldOut: DataSource,
): Promise<Measured> {
  const { accuracy } = await evaluate(heldOut);
  const times: number[] = [];
  for (let spent = 0; spent < TIMED_MS && times.length < MOST_PASSES; ) {
    const start = performance.now();
    await evaluate(heldOut);
    times.push(performance.now() - start);
    spent += times.at(-1)!;
  }
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
  return { valAccuracy: accuracy!, imagesPerSecond: heldOut.size / (median / 1000) };
}
