import { ARRAY_LIKE, COUNT, requireLabels, requireOptions } from "known-options";

/** A classifier's logits for pictures whose classes are known. */
export interface LabeledLogits {
  /** Logits `[samples, classes]`, row-major. */
  readonly logits: ArrayLike<number>;
  /** Class of each sample. */
  readonly labels: ArrayLike<number>;
  /** Number of classes. */
  readonly classes: number;
}

/** @throws TypeError or RangeError for labeled logits that do not fit together, or are not finite. */
export function requireLabeledLogits(caller: string, labeled: LabeledLogits): void {
  const checks = { logits: ARRAY_LIKE, labels: ARRAY_LIKE, classes: COUNT };
  const { logits, labels, classes } = requireOptions(caller, labeled, checks);
  if (labels.length === 0 || logits.length !== labels.length * classes) {
    throw new RangeError(
      `${caller}: logits must be [samples, ${classes}], got ${logits.length} numbers and ${labels.length} labels`,
    );
  }
  requireLabels(caller, labels, classes);
  for (let i = 0; i < logits.length; i++)
    if (!Number.isFinite(logits[i]))
      throw new RangeError(`${caller}: logits must be finite, got ${logits[i]} at ${i}`);
}
