import { requireArguments, requireOptions } from "known-options";
import { classCounts } from "../class-counts.ts";
import { type SampleStore, STORE } from "../sample-store.ts";
import { iterativeParts, splitByPart } from "./by-class/iterative-parts.ts";
import {
  SPLIT_CHECKS,
  type Split,
  type StratifiedSplitOptions,
  stratifiedSplit,
} from "./stratified-split.ts";

/**
 * Splits a store into two views: 90 to 10, or one held-out sample per class if that is more.
 *
 * Pictures with several labels are split by iterative stratification ([Sechidis et al. 2011](https://doi.org/10.1007/978-3-642-23808-6_10)),
 * so that each class has its share in both; the parts' sizes are then near the share asked for, not exactly it.
 *
 * @param split - Function that chooses the held-out samples. Default {@link stratifiedSplit}, or iterative stratification.
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
  split?: (keys: readonly string[], labels: Int32Array, options: StratifiedSplitOptions) => Split,
): { train: SampleStore; validation: SampleStore } {
  requireOptions("splitStore", options, SPLIT_CHECKS);
  requireArguments("splitStore", { store }, { store: STORE });
  requireEnough(store);
  const { keys, labels, classNames, multiHot } = store;
  // A tenth of 25 photos in five classes is three: too few to hold out one of each class.
  const heldOut = Math.max(0.1, (classNames.length - 0.5) / keys.length);
  const all = { heldOut, ...options };
  const { train, validation } =
    split === undefined && multiHot !== undefined
      ? iterativeSplit(store, all)
      : (split ?? stratifiedSplit)(keys, labels, all);
  return { train: store.subset(train), validation: store.subset(validation) };
}

function iterativeSplit(
  { keys, classNames, multiHot = new Uint8Array(0) }: SampleStore,
  { heldOut, seed = 0 }: StratifiedSplitOptions & { readonly heldOut: number },
): Split {
  const samples = { keys, multiHot, classes: classNames.length };
  return splitByPart(samples, iterativeParts(samples, [1 - heldOut, heldOut], seed), 1, seed);
}

/** By name, where the split itself knows numbers only. */
function requireEnough(store: SampleStore): void {
  const { classNames, labels } = store;
  if (classNames.length < 2) {
    throw new RangeError(`splitStore: expected at least 2 classes, got one, '${classNames[0]}'`);
  }
  const none = labels.indexOf(-1);
  if (none >= 0) {
    throw new RangeError(
      `splitStore: expected pictures with labels, got one without (-1) at labels[${none}]`,
    );
  }
  const counts = classCounts(store);
  const few = counts.findIndex((count) => count < 2);
  if (few >= 0) {
    throw new RangeError(
      `splitStore: class '${classNames[few]}': expected at least 2 pictures, to train and to validate, got ${counts[few]}`,
    );
  }
}
