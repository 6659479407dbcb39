import { wilson } from "../judge/significance.ts";
import { percent } from "../terminal/format.ts";

/** Evaluation of a teacher before the distillation. */
interface JudgedTeacher {
  /** For each held-out picture, whether it was classified right. */
  readonly right: readonly boolean[];
  /** Class of each held-out picture. */
  readonly labels: ArrayLike<number>;
  /** Accuracy of the probe on the same features, where there was one. */
  readonly promised: number | undefined;
}

/**
 * Warning for a teacher that is no better than a constant prediction of the commonest class, or far below its own probe. The usual
 * cause is another input range than in its training.
 */
export function teacherWarning({ right, labels, promised }: JudgedTeacher): string | undefined {
  const counts = new Map<number, number>();
  for (const label of Array.from(labels)) counts.set(label, (counts.get(label) ?? 0) + 1);
  const commonest = Math.max(...counts.values()) / labels.length;
  const hits = right.filter(Boolean).length;
  const { low, high } = wilson(hits, right.length);
  const advice = "are its pixels in the range that it was trained with? See --teacher-pixels";
  const known = `warning: the teacher classifies ${percent(hits / right.length)} of the held-out pictures correctly`;
  if (promised !== undefined && promised > high)
    return `${known}, its probe ${percent(promised)} of the same: ${advice}`;
  if (low <= commonest && hits < right.length)
    // of few pictures all may be right
    return `${known}, naming the commonest class each time ${percent(commonest)}: ${advice}`;
  return undefined;
}
