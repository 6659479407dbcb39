import type { Teacher } from "distill-trainer";
import type { ImageBatch } from "image-source";
import type { SourceOf } from "../data/in-memory.ts";
import { best } from "./judgement.ts";
import { predictionsOf } from "./predictions.ts";

/** Measurements of a trained model. */
export interface Measured {
  /** Share of held-out images classified right, in [0, 1]. */
  readonly valAccuracy: number;
  /** Images per second of a forward pass. */
  readonly imagesPerSecond: number;
  /** For each held-out image that was judged, in order, whether it was classified right. Absent in older records. */
  readonly right?: readonly boolean[];
  /** Class that each of these was given. Absent in older records. */
  readonly predicted?: readonly number[];
  /** Index of each of these among the held-out pictures, from which those that were skipped are missing. Absent in older records. */
  readonly pictures?: readonly number[];
}

const TIMED_MS = 1000;
const MOST_PASSES = 15;

/**
 * Accuracy and speed of a model on held-out images that are in memory. The first pass measures accuracy and warms
 * up; further passes are timed for about a second, and their median is taken.
 *
 * @param rows - Images in one forward pass.
 */
export async function measure(
  answers: Pick<Teacher, "logits">,
  heldOut: SourceOf<ImageBatch>,
  rows: number,
): Promise<Required<Measured>> {
  const { labels, probabilities } = await predictionsOf(answers, heldOut, rows);
  if (labels.length === 0) throw new Error("expected held-out pictures to judge a model by, got none");
  const predicted = probabilities.map(best);
  const right = predicted.map((label, i) => label === labels[i]);
  const pictures: number[] = [];
  for await (const { indices } of heldOut.batches(0)) pictures.push(...indices);
  const times: number[] = [];
  for (let spent = 0; spent < TIMED_MS && times.length < MOST_PASSES; ) {
    const start = performance.now();
    await predictionsOf(answers, heldOut, rows);
    times.push(performance.now() - start);
    spent += times.at(-1)!;
  }
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
  const valAccuracy = right.filter(Boolean).length / right.length;
  return { valAccuracy, imagesPerSecond: heldOut.size / (median / 1000), right, predicted, pictures };
}
