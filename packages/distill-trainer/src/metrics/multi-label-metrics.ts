import { ARRAY_LIKE, COUNT, requireArguments, requireOptions } from "known-options";
import { averagePrecision } from "./average-precision.ts";

/** Figures of a model whose samples may have several labels, each in [0, 1]. */
export interface MultiLabelMetrics {
  /** Mean of the classes' average precisions. */
  readonly map: number;
  /** Mean of the classes' recalls at a probability above 0.5: a class that no sample has counts 0. */
  readonly recall: number;
  /** Mean of the classes' F1 at a probability above 0.5: a class that nobody has and nothing is said to be counts 0. */
  readonly f1: number;
  /** Share of samples whose classes are all answered right. */
  readonly accuracy: number;
  /** Average precision, recall, precision, F1 and number of samples of each class; 0 where one has no samples to be of. */
  readonly classes: readonly {
    readonly averagePrecision: number;
    readonly recall: number;
    readonly precision: number;
    readonly f1: number;
    readonly count: number;
  }[];
}

/**
 * Computes mAP, macro recall, macro F1 and exact-match accuracy, as scikit-learn's `average_precision_score`,
 * `recall_score(average="macro")`, `f1_score(average="macro")` (both with `zero_division=0`) and `accuracy_score`.
 *
 * @param truth - `[samples, classes]`, 1 for each class that a sample has.
 * @param probabilities - `[samples, classes]`, in [0, 1].
 * @param classes - Number of classes.
 * @throws RangeError if the two are not `[samples, classes]` alike, or a probability is not a number.
 *
 * @example
 * const { map, accuracy } = multiLabelMetrics([1, 0, 0, 1], [0.9, 0.2, 0.6, 0.7], 2);
 * console.log(map, accuracy); // 1 0.5
 */
export function multiLabelMetrics(
  truth: ArrayLike<number>,
  probabilities: ArrayLike<number>,
  classes: number,
): MultiLabelMetrics {
  requireArguments(
    "multiLabelMetrics",
    { truth, probabilities },
    { truth: ARRAY_LIKE, probabilities: ARRAY_LIKE },
  );
  requireOptions("multiLabelMetrics", { classes }, { classes: COUNT });
  const samples = truth.length / classes;
  if (truth.length !== probabilities.length || !Number.isInteger(samples) || samples === 0) {
    throw new RangeError(
      `multiLabelMetrics: expected [samples, ${classes}] numbers of both, got ${truth.length} and ${probabilities.length}`,
    );
  }
  const has = Array.from(truth, (value) => value > 0.5);
  const says = Array.from(probabilities, (value) => value > 0.5);
  const rows = Array.from({ length: samples }, (_, i) => i);
  const each = Array.from({ length: classes }, (_, label) => {
    const at = rows.map((row) => row * classes + label);
    const count = at.filter((i) => has[i]).length;
    const found = at.filter((i) => has[i] && says[i]).length;
    const said = at.filter((i) => says[i]).length;
    return {
      averagePrecision: averagePrecision(
        at.map((i) => truth[i]!),
        at.map((i) => probabilities[i]!),
      ),
      recall: count === 0 ? 0 : found / count,
      precision: said === 0 ? 0 : found / said,
      f1: count + said === 0 ? 0 : (2 * found) / (count + said),
      count,
    };
  });
  const isRight = (row: number): boolean =>
    each.every((_, label) => has[row * classes + label] === says[row * classes + label]);
  const mean = (of: "averagePrecision" | "recall" | "f1"): number =>
    each.reduce((sum, one) => sum + one[of], 0) / classes;
  return {
    map: mean("averagePrecision"),
    recall: mean("recall"),
    f1: mean("f1"),
    accuracy: rows.filter(isRight).length / samples,
    classes: each,
  };
}
