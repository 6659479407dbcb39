import {
  type Checks,
  COUNT,
  check,
  having,
  OBJECT,
  optional,
  requireArguments,
  requireOptions,
} from "known-options";
import type { Features } from "./gather-features.ts";

/** Options of {@link knnProbe}. */
export interface KnnProbeOptions {
  /** Number of neighbors that vote. Default 20. */
  readonly neighbors?: number;
  /** A neighbor's vote weighs `exp(cosine similarity / temperature)`; `Infinity`: all weigh the same. Default 0.07. */
  readonly temperature?: number;
  /** Features to classify by their neighbors. Default: each row by all other rows (leave-one-out). */
  readonly heldOut?: Features;
}

/** Result of {@link knnProbe}. */
export interface KnnProbed {
  /** Share of rows whose class the neighbors predict. */
  readonly accuracy: number;
  /** Predicted class of each row. */
  readonly predicted: Int32Array;
}

const CHECKS: Checks<KnnProbeOptions> = {
  neighbors: optional(COUNT),
  temperature: optional(check("a number > 0", (value) => typeof value === "number" && value > 0)),
  heldOut: optional(OBJECT),
};
const FEATURES = having(
  "Features",
  (it) => it.values instanceof Float32Array && it.labels instanceof Int32Array,
);

/**
 * Classifies feature vectors by their nearest neighbors in cosine similarity: how good features are, without any training.
 *
 * The class with the largest sum of votes is predicted; of equal sums, the first. With `temperature: Infinity` it is scikit-learn's
 * `KNeighborsClassifier(metric="cosine")`.
 *
 * @param features - The rows that vote, with their classes.
 * @throws TypeError for an unknown option. RangeError if one is out of range, a row is not finite or all zeros, there are fewer rows
 * than neighbors, or widths differ.
 * @see Caron et al. 2021, appendix, https://arxiv.org/abs/2104.14294; `eval_knn.py` of facebookresearch/dino
 *
 * @example
 * const values = Float32Array.of(1, 0, 2, 1, 0, 1, 1, 3); // four rows: two point right, two up
 * const { accuracy } = knnProbe({ values, width: 2, labels: Int32Array.of(0, 0, 1, 1) }, { neighbors: 1 });
 * console.log(accuracy); // 1
 */
export function knnProbe(features: Features, options: KnnProbeOptions = {}): KnnProbed {
  const { neighbors = 20, temperature = 0.07, heldOut } = requireOptions("knnProbe", options, CHECKS);
  requireArguments(
    "knnProbe",
    { features, heldOut: heldOut ?? features },
    { features: FEATURES, heldOut: FEATURES },
  );
  const voters = features.labels.length - (heldOut === undefined ? 1 : 0);
  if (neighbors > voters)
    throw new RangeError(
      `knnProbe: neighbors must be at most the ${voters} rows that vote, got ${neighbors}`,
    );
  const asked = heldOut ?? features;
  if (asked.width !== features.width)
    throw new RangeError(`knnProbe: heldOut must have width ${features.width}, got ${asked.width}`);
  const rows = normalized("features", features);
  const queries = heldOut === undefined ? rows : normalized("heldOut", heldOut);
  const classes = features.labels.reduce((most, label) => Math.max(most, label), 0) + 1;
  const predicted = new Int32Array(asked.labels.length);
  let right = 0;
  for (let query = 0; query < predicted.length; query++) {
    const own = heldOut === undefined ? query : -1;
    predicted[query] = vote(nearest(rows, queries, query, own, { width: features.width, neighbors }), {
      ...{ labels: features.labels, classes, temperature },
    });
    if (predicted[query] === asked.labels[query]) right += 1;
  }
  return { accuracy: right / predicted.length, predicted };
}

/** A row and its cosine similarity. */
type Neighbor = readonly [row: number, similarity: number];

/** The most similar rows, the nearest first; of equal ones, the first. */
function nearest(
  rows: Float64Array,
  queries: Float64Array,
  query: number,
  own: number,
  { width, neighbors }: { readonly width: number; readonly neighbors: number },
): Neighbor[] {
  const found: Neighbor[] = [];
  for (let row = 0; row < rows.length / width; row++) {
    if (row === own) continue;
    let similarity = 0;
    for (let i = 0; i < width; i++) similarity += rows[row * width + i]! * queries[query * width + i]!;
    if (found.length === neighbors && similarity <= found.at(-1)![1]) continue;
    let place = found.length;
    while (place > 0 && found[place - 1]![1] < similarity) place -= 1;
    found.splice(place, 0, [row, similarity]);
    if (found.length > neighbors) found.pop();
  }
  return found;
}

function vote(
  found: readonly Neighbor[],
  {
    labels,
    classes,
    temperature,
  }: { readonly labels: Int32Array; readonly classes: number; readonly temperature: number },
): number {
  const votes = new Float64Array(classes);
  const largest = found[0]![1]; // weights relative to the nearest's do not overflow
  for (const [row, similarity] of found)
    votes[labels[row]!]! += Math.exp((similarity - largest) / temperature);
  let best = 0;
  for (let i = 1; i < classes; i++) if (votes[i]! > votes[best]!) best = i;
  return best;
}

/** Rows of length 1. */
function normalized(name: string, { values, width }: Features): Float64Array {
  const rows = Float64Array.from(values);
  for (let start = 0; start < rows.length; start += width) {
    const row = rows.subarray(start, start + width);
    const length = Math.hypot(...row);
    if (!(length > 0 && Number.isFinite(length)))
      throw new RangeError(
        `knnProbe: rows of ${name} must be finite and not all zeros, got row ${start / width}`,
      );
    for (let i = 0; i < width; i++) row[i]! /= length;
  }
  return rows;
}
