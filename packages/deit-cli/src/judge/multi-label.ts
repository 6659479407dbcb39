import { multiLabelMetrics } from "distill-trainer";
import type { Predictions } from "./predictions.ts";

/** Probability above which a picture is said to have a class. */
export const THRESHOLD = 0.5;

/** Figures of a model on pictures with several labels, each in [0, 1], as scikit-learn has them. */
export interface MultiLabelFigures {
  /** Mean of the classes' average precisions. */
  readonly map: number;
  readonly macroRecall: number;
  readonly macroF1: number;
  /** Share of the pictures whose classes are all answered right. */
  readonly exactMatch: number;
  /** In the order of the model's classes; 0 where a class has nothing to be judged by. */
  readonly classes: readonly MultiLabelClass[];
}

/** A class on its own. */
interface MultiLabelClass {
  readonly averagePrecision: number;
  readonly recall: number;
  readonly precision: number;
  /** Number of pictures that have it. */
  readonly count: number;
}

/** Figures of predictions for pictures with several labels; `undefined` for pictures of one class each. */
export function multiLabelFigures({ targets, probabilities }: Predictions): MultiLabelFigures | undefined {
  if (targets === undefined) return undefined;
  const flat = (rows: readonly Float32Array[]): number[] => rows.flatMap((row) => [...row]);
  const { map, recall, f1, accuracy, classes } = multiLabelMetrics(
    flat(targets),
    flat(probabilities),
    targets[0]!.length,
  );
  return {
    ...{ map, macroRecall: recall, macroF1: f1, exactMatch: accuracy },
    classes: classes.map(({ f1: _, ...one }) => one),
  };
}

/** Classes that a row of probabilities or targets names. */
export function classesAbove(row: ArrayLike<number>, threshold: number = THRESHOLD): number[] {
  return Array.from(row, (_, label) => label).filter((label) => row[label]! > threshold);
}

/** A picture's class in words, or its classes where it may have several. */
export function namesOf(classNames: readonly string[], label: number, targets?: ArrayLike<number>): string {
  if (targets === undefined) return classNames[label]!;
  return (
    classesAbove(targets)
      .map((one) => classNames[one]!)
      .join(", ") || "none"
  );
}
