import { classCounts } from "../../class-counts.ts";
import type { SampleStore } from "../../sample-store.ts";

/**
 * Weight of each sample by which all classes are drawn alike: one over its class's count, or that of its rarest class, where it may have
 * several; samples with none are a class of their own then.
 *
 * @throws RangeError for a sample without a label.
 */
export function balancedSampling(store: SampleStore): number[] {
  const none = store.labels.indexOf(-1);
  if (none >= 0) {
    throw new RangeError(
      `imageSource: balanced sampling needs a label of each sample, got none (-1) at labels[${none}]`,
    );
  }
  const counts = classCounts(store);
  const classes = store.keys.map((_, i) => store.classesOf(i));
  const without = classes.filter(({ length }) => length === 0).length;
  return classes.map(
    (own) =>
      1 /
      own.reduce((least, label) => Math.min(least, counts[label]!), own.length === 0 ? without : Infinity),
  );
}
