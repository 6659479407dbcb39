import { requireArguments, requireOptions } from "known-options";
import { type SampleStore, STORE } from "../sample-store.ts";
import {
  SPLIT_CHECKS,
  type Split,
  type StratifiedSplitOptions,
  stratifiedSplit,
} from "./stratified-split.ts";

/**
 * Splits a store into two views: 90 to 10, or one held-out sample per class if that is more.
 *
 * @param split - Function that chooses the held-out samples. Default {@link stratifiedSplit}.
 * @throws TypeError for an unknown option. RangeError if one is out of range, a picture has no label, there are fewer than two classes, a class has fewer than
 * two samples, or `options.heldOut` leaves a part smaller than one sample a class.
 *
 * @example
 * ```ts norun
 * const { train, validation } = splitStore(await openImages("photos"));
 * ```
 */
export function splitStore(
  store: SampleStore,
  options: StratifiedSplitOptions = {},
  split: (
    keys: readonly string[],
    labels: Int32Array,
    options: StratifiedSplitOptions,
  ) => Split = stratifiedSplit,
): { train: SampleStore; validation: SampleStore } {
  requireOptions("splitStore", options, SPLIT_CHECKS);
  requireArguments("splitStore", { store }, { store: STORE });
  requireEnough(store);
  const { keys, labels, classNames } = store;
  // A tenth of 25 photos in five classes is three: too few to hold out one of each class.
  const heldOut = Math.max(0.1, (classNames.length - 0.5) / keys.length);
  const { train, validation } = split(keys, labels, { heldOut, ...options });
  return { train: store.subset(train), validation: store.subset(validation) };
}

/** By name, where the split itself knows numbers only. */
function requireEnough({ classNames, labels }: SampleStore): void {
  if (classNames.length < 2) {
    throw new RangeError(`splitStore: expected at least 2 classes, got one, '${classNames[0]}'`);
  }
  const counts = classNames.map(() => 0);
  const none = labels.indexOf(-1);
  if (none >= 0) {
    throw new RangeError(
      `splitStore: expected pictures with labels, got one without (-1) at labels[${none}]`,
    );
  }
  for (const label of labels) counts[label]! += 1;
  const few = counts.findIndex((count) => count < 2);
  if (few >= 0) {
    throw new RangeError(
      `splitStore: class '${classNames[few]}': expected at least 2 pictures, to train and to validate, got ${counts[few]}`,
    );
  }
}
