import {
  ARRAY_LIKE,
  type Checks,
  integerFrom,
  LIST,
  optional,
  requireArguments,
  requireOptions,
  UINT32,
} from "known-options";
import { countsOf, keyedOrder, requirePairs, requireUniqueKeys } from "../split/keyed-samples.ts";
import type { Split } from "./stratified-split.ts";

/** Options of {@link stratifiedFolds}. */
export interface StratifiedFoldsOptions {
  /** Number of folds, an integer ≥ 2. */
  readonly folds: number;
  /** Seed of the folds, uint32. Default 0. */
  readonly seed?: number;
}

const CHECKS: Checks<StratifiedFoldsOptions> = { folds: integerFrom(2), seed: optional(UINT32) };

/**
 * Folds of a k-fold cross-validation: each sample is held out in exactly one of them, and each class has its share in all. The
 * class counts are those of scikit-learn's `StratifiedKFold`, with classes in the order of their labels.
 *
 * The samples, by class and within a class by `md5(seed, key)`, are dealt to the folds in turn. The order of the keys does not matter.
 *
 * @param labels - Class of each key, 0 … classes − 1, each of which occurs.
 * @returns For each fold positions in the lists: `validation`, the fold, and `train`, all others. Both are mixed.
 * @throws TypeError for an unknown option. RangeError if keys are not unique, a class has fewer than two samples, or no class has as many
 * samples as there are folds.
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.StratifiedKFold.html
 *
 * @example
 * const keys = Array.from({ length: 20 }, (_, i) => `${i < 10 ? "cat" : "dog"}/${i}.jpg`);
 * const labels = keys.map((key) => (key.startsWith("cat") ? 0 : 1));
 * const folds = stratifiedFolds(keys, labels, { folds: 5, seed: 42 });
 * console.log(folds.map(({ validation }) => validation.length)); // [4, 4, 4, 4, 4]
 */
export function stratifiedFolds(
  keys: readonly string[],
  labels: ArrayLike<number>,
  options: StratifiedFoldsOptions,
): Split[] {
  requireOptions("stratifiedFolds", options, CHECKS);
  requireArguments("stratifiedFolds", { keys, labels }, { keys: LIST, labels: ARRAY_LIKE });
  const { folds, seed = 0 } = options;
  requireUniqueKeys("stratifiedFolds", keys, labels);
  const counts = countsOf("stratifiedFolds", labels);
  requirePairs("stratifiedFolds", counts);
  const largest = Math.max(...counts);
  if (folds > largest) {
    throw new RangeError(
      `stratifiedFolds: folds must be at most the samples of the largest class, ${largest}, got ${folds}`,
    );
  }
  const order = keyedOrder(keys, seed);
  const byClass = [...order].sort((a, b) => labels[a]! - labels[b]!); // stable
  const foldOf = new Int32Array(keys.length);
  byClass.forEach((sample, place) => {
    foldOf[sample] = place % folds;
  });
  return Array.from({ length: folds }, (_, fold) => ({
    train: Int32Array.from(order.filter((sample) => foldOf[sample] !== fold)),
    validation: Int32Array.from(order.filter((sample) => foldOf[sample] === fold)),
  }));
}
