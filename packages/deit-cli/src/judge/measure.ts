import type { Teacher } from "distill-trainer";
import type { ImageBatch } from "image-source";
import type { SourceOf } from "../data/in-memory.ts";
import { best } from "./judgement.ts";
import { classesAbove, type MultiLabelFigures, multiLabelFigures } from "./multi-label.ts";
import { predictionsOf } from "./predictions.ts";

/** Measurements of a trained model. */
export interface Measured {
  /** Share of held-out images classified right, in [0, 1]; with several labels, those whose classes are all right. */
  readonly valAccuracy: number;
  /** Further figures, where images may have several labels. */
  readonly multiLabel?: MultiLabelFigures;
  /** Images per second of a forward pass. */
  readonly imagesPerSecond: number;
  /** For each held-out image that was judged, in order, whether it was classified right. Absent in older records. */
  readonly right?: readonly boolean[];
  /** Class that each of these was given, or classes, where it may have several. Absent in older records. */
  readonly predicted?: readonly (number | readonly number[])[];
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
 * @param multiLabel - Whether images may have several labels. Default false.
 */
export async function measure(
  answers: Pick<Teacher, "logits">,
  heldOut: SourceOf<ImageBatch>,
  rows: number,
  multiLabel = false,
): Promise<Required<Omit<Measured, "multiLabel">> & Pick<Measured, "multiLabel">> {
  const predictions = await predictionsOf(answers, heldOut, rows, multiLabel);
  const { labels, targets, probabilities } = predictions;
  if (labels.length === 0) throw new Error("expected held-out pictures to judge a model by, got none");
  const figures = multiLabelFigures(predictions);
  const answerOf = (row: Float32Array) => (targets === undefined ? best(row) : classesAbove(row));
  const predicted = probabilities.map(answerOf);
  const known = targets?.map((row) => classesAbove(row)) ?? labels;
  const right = predicted.map((said, i) => `${said}` === `${known[i]}`);
  const pictures: number[] = [];
  for await (const { indices } of heldOut.batches(0)) pictures.push(...indices);
  const times: number[] = [];
  for (let spent = 0; spent < TIMED_MS && times.length < MOST_PASSES; ) {
    const start = performance.now();
    await predictionsOf(answers, heldOut, rows, multiLabel);
    times.push(performance.now() - start);
    spent += times.at(-1)!;
  }
  const median = times.sort((a, b) => a - b)[Math.floor(times.length / 2)]!;
  const valAccuracy = right.filter(Boolean).length / right.length;
  const imagesPerSecond = heldOut.size / (median / 1000);
  return {
    valAccuracy,
    ...(figures && { multiLabel: figures }),
    imagesPerSecond,
    right,
    predicted,
    pictures,
  };
}
