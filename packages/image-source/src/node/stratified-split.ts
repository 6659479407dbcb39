import {
  ARRAY_LIKE,
  type Checks,
  check,
  LIST,
  optional,
  requireArguments,
  requireOptions,
  UINT32,
} from "known-options";
import { sharesOf } from "../split/class-shares.ts";
import { countsOf, keyedOrder, requirePairs, requireUniqueKeys } from "../split/keyed-samples.ts";

/** Positions in the list of keys. */
export interface Split {
  readonly train: Int32Array;
  readonly validation: Int32Array;
}

/** Options of {@link stratifiedSplit}. */
export interface StratifiedSplitOptions {
  /** Seed of the choice of held-out images, uint32. Default 0. */
  readonly seed?: number;
  /** Share of held-out images, in (0, 1). Default 0.1. */
  readonly heldOut?: number;
}

const SHARE = check("in (0, 1)", (value) => typeof value === "number" && value > 0 && value < 1);
/** Checks of {@link StratifiedSplitOptions}. */
export const SPLIT_CHECKS: Checks<StratifiedSplitOptions> = {
  seed: optional(UINT32),
  heldOut: optional(SHARE),
};

/**
 * Splits so that each class has its share in both parts: the counts of scikit-learn's `train_test_split(stratify=labels)`.
 *
 * Which pictures they are depends on seed and keys only: they are taken by `md5(seed, key)`, so the order of the files does not
 * matter, and a picture more moves few others. Where two classes have an equal claim to a place, the seed decides.
 *
 * @param labels - Class of each key, 0 … classes − 1, each of which occurs.
 * @returns Positions in the lists, both parts mixed.
 * @throws RangeError if keys are not unique, a class has fewer than two samples, or a part would have fewer samples than there
 * are classes.
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.StratifiedShuffleSplit.html
 *
 * @example
 * const keys = Array.from({ length: 20 }, (_, i) => `${i < 10 ? "cat" : "dog"}/${i}.jpg`);
 * const { train, validation } = stratifiedSplit(keys, keys.map((key) => (key.startsWith("cat") ? 0 : 1)));
 * console.log(train.length, validation.length); // 18 2
 */
export function stratifiedSplit(
  keys: readonly string[],
  labels: ArrayLike<number>,
  options: StratifiedSplitOptions = {},
): Split {
  requireOptions("stratifiedSplit", options, SPLIT_CHECKS);
  requireArguments("stratifiedSplit", { keys, labels }, { keys: LIST, labels: ARRAY_LIKE });
  const { seed = 0, heldOut = 0.1 } = options;
  requireUniqueKeys("stratifiedSplit", keys, labels);
  const counts = countsOf("stratifiedSplit", labels);
  const validationSize = Math.ceil(heldOut * keys.length);
  requirePairs("stratifiedSplit", counts);
  requireEnough(counts, keys.length, validationSize);

  const left = sharesOf(counts, keys.length - validationSize, seed);
  const order = keyedOrder(keys, seed);
  const isTraining = order.map((i) => left[labels[i]!]!-- > 0);
  return {
    train: Int32Array.from(order.filter((_, place) => isTraining[place])),
    validation: Int32Array.from(order.filter((_, place) => !isTraining[place])),
  };
}

function requireEnough(counts: readonly number[], size: number, validationSize: number): void {
  const classes = counts.length;
  if (Math.min(validationSize, size - validationSize) < classes) {
    throw new RangeError(
      `stratifiedSplit: expected at least one sample for each of ${classes} classes in both parts, got ${size - validationSize} and ${validationSize}: ${size} samples are too few`,
    );
  }
}
