import {
  type Checks,
  COUNT,
  check,
  FRACTION,
  optional,
  requireArguments,
  requireOptions,
  UINT32,
} from "known-options";
import { SampleStore, STORE } from "../sample-store.ts";
import { sharesOf } from "../split/class-shares.ts";
import { countsOf, keyedOrder } from "../split/keyed-samples.ts";

/** Options of {@link keepLabels}; one of `share`, `count` and `perClass` is given. */
export interface KeepLabelsOptions {
  /** Share of the labels that stay, in (0, 1]. */
  readonly share?: number;
  /** Number of labels that stay. */
  readonly count?: number;
  /** Number of labels that stay in each class. */
  readonly perClass?: number;
  /** Seed of the choice, uint32. Default 0. */
  readonly seed?: number;
}

const CHECKS: Checks<KeepLabelsOptions> = {
  share: optional(check("in (0, 1]", (value) => FRACTION.fits(value) && value !== 0)),
  count: optional(COUNT),
  perClass: optional(COUNT),
  seed: optional(UINT32),
};

/**
 * Hides labels: a stratified part keeps its label, the others get −1, as if nobody had labeled them.
 *
 * `share` and `count` give each class its share, with the counts of scikit-learn's `train_test_split(stratify=labels, train_size=…)`.
 * The choice depends on seed and keys: in each class, the first by `md5(seed, key)`, so more labels of one seed include fewer.
 *
 * @param store - Pictures with labels; its labels are not changed.
 * @returns A store over the same bytes, in the same order.
 * @throws TypeError for an unknown option. RangeError unless exactly one number is given and in range, for a label of −1, pictures with several labels, fewer labels than
 * classes, more than there are, or a class with fewer than `perClass` pictures.
 * @see https://scikit-learn.org/stable/modules/generated/sklearn.model_selection.StratifiedShuffleSplit.html
 *
 * @example
 * const few = keepLabels(store, { perClass: 1, seed: 42 });
 * console.log(few.labels.filter((label) => label >= 0).length === store.classNames.length); // true
 */
export function keepLabels(store: SampleStore, options: KeepLabelsOptions): SampleStore {
  requireOptions("keepLabels", options, CHECKS);
  requireArguments("keepLabels", { store }, { store: STORE });
  const { seed = 0 } = options;
  if (store.multiHot !== undefined) {
    throw new RangeError(
      "keepLabels: expected pictures with one class each, got a store with several labels",
    );
  }
  const { keys, labels, classNames } = store;
  const found = countsOf("keepLabels", labels);
  const counts = classNames.map((_, label) => found[label] ?? 0);
  const left = keptOf(options, counts, classNames, seed);
  const hidden = new Int32Array(labels.length).fill(-1);
  for (const i of keyedOrder(keys, seed, "label")) {
    const label = labels[i]!;
    if (left[label]!-- > 0) hidden[i] = label;
  }
  return new SampleStore({ ...store, labels: hidden });
}

/** Number of labels that each class keeps. */
function keptOf(
  { share, count, perClass }: KeepLabelsOptions,
  counts: readonly number[],
  classNames: readonly string[],
  seed: number,
): number[] {
  const given = [share, count, perClass].filter((value) => value !== undefined);
  if (given.length !== 1) {
    throw new RangeError(
      `keepLabels: expected one of share, count and perClass, got ${given.length === 0 ? "none" : given.length}`,
    );
  }
  if (perClass !== undefined) {
    const few = counts.findIndex((number) => number < perClass);
    if (few < 0) return counts.map(() => perClass);
    throw new RangeError(
      `keepLabels: perClass must be at most ${counts[few]}, the pictures of class '${classNames[few]}', got ${perClass}`,
    );
  }
  const size = counts.reduce((sum, number) => sum + number, 0);
  const kept = count ?? Math.floor(share! * size);
  if (kept < counts.length || kept > size) {
    const asked = share === undefined ? `${kept}` : `${kept} of a share of ${share}`;
    throw new RangeError(
      `keepLabels: expected at least a label for each of ${counts.length} classes and at most ${size}, got ${asked}`,
    );
  }
  return sharesOf(counts, kept, seed);
}
