/** Samples whose classes are counted. */
export interface ClassedSamples {
  readonly labels: ArrayLike<number>;
  /** Classes of a sample: one, none or several. */
  classesOf(index: number): readonly number[];
}

/**
 * Weight of each sample by which all classes are drawn alike: one over its class's count, or that of its rarest class, where it may have
 * several; samples with none are a class of their own then.
 *
 * @throws RangeError for a sample without a label.
 */
export function balancedSampling(caller: string, samples: ClassedSamples): number[] {
  const labels = Array.from(samples.labels);
  const none = labels.indexOf(-1);
  if (none >= 0) {
    throw new RangeError(
      `${caller}: balanced sampling needs a label of each sample, got none (-1) at labels[${none}]`,
    );
  }
  const classes = labels.map((_, i) => samples.classesOf(i));
  const counts = new Map<number, number>();
  for (const label of classes.flat()) counts.set(label, (counts.get(label) ?? 0) + 1);
  const without = classes.filter(({ length }) => length === 0).length;
  return classes.map(
    (own) =>
      1 /
      own.reduce(
        (least, label) => Math.min(least, counts.get(label)!),
        own.length === 0 ? without : Infinity,
      ),
  );
}
