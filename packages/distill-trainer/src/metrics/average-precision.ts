import { ARRAY_LIKE, requireArguments } from "known-options";

/**
 * Average precision of one class: the precisions at all distinct scores, each times the recall gained there, without interpolation:
 * scikit-learn's `average_precision_score`.
 *
 * @param truth - 1 (or above 0.5) for each sample that has the class, else 0.
 * @param scores - The model's score of each, such as its logit: only their order counts.
 * @returns In [0, 1]; 0 where no sample has the class, as scikit-learn.
 * @throws RangeError if the lengths differ or a score is not a number.
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.metrics.average_precision_score.html
 *
 * @example
 * console.log(averagePrecision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).toFixed(4)); // 0.8333
 */
export function averagePrecision(truth: ArrayLike<number>, scores: ArrayLike<number>): number {
  requireArguments("averagePrecision", { truth, scores }, { truth: ARRAY_LIKE, scores: ARRAY_LIKE });
  if (truth.length !== scores.length) {
    throw new RangeError(
      `averagePrecision: expected a score for each of ${truth.length} samples, got ${scores.length}`,
    );
  }
  const order = Array.from({ length: scores.length }, (_, i) => i);
  const bad = order.find((i) => Number.isNaN(scores[i]));
  if (bad !== undefined)
    throw new RangeError(`averagePrecision: scores must be numbers, got NaN at scores[${bad}]`);
  order.sort((a, b) => (scores[a]! === scores[b]! ? 0 : scores[b]! - scores[a]!));
  const positives = order.filter((i) => truth[i]! > 0.5).length;
  if (positives === 0) return 0;
  let [found, counted, sum] = [0, 0, 0]; // `counted` of the found are in the sum
  order.forEach((i, place) => {
    if (truth[i]! > 0.5) found += 1;
    const next = order[place + 1];
    if (next !== undefined && scores[next] === scores[i]) return; // one threshold for equal scores
    sum += ((found - counted) / positives) * (found / (place + 1));
    counted = found;
  });
  return sum;
}
