import { requireArguments } from "known-options";
import { type SampleStore, STORE } from "./sample-store.ts";

/**
 * Counts the samples of each class: those with its label, or, where samples may have several classes, those that have it among theirs.
 *
 * @returns One number a class; samples without a label count nowhere.
 *
 * @example
 * console.log(classCounts(store).length === store.classNames.length); // true
 */
export function classCounts(store: SampleStore): number[] {
  requireArguments("classCounts", { store }, { store: STORE });
  const { classNames, labels, multiHot } = store;
  const counts = classNames.map(() => 0);
  if (multiHot === undefined) {
    for (const label of labels) if (label >= 0) counts[label]! += 1;
  } else {
    multiHot.forEach((value, i) => {
      counts[i % counts.length]! += value;
    });
  }
  return counts;
}
