import type { Predictions } from "./predictions.ts";

/** A model's recall and precision for one class. */
export interface ClassFigures {
  /** Number of the class's pictures. */
  readonly count: number;
  /** Share of them that are classified right; `NaN` without pictures. */
  readonly recall: number;
  /** Share of the pictures predicted as this class that belong to it; `NaN` where there are none. */
  readonly precision: number;
}

/** A misclassified picture. */
export interface Mistake {
  /** Index among the pictures. */
  readonly index: number;
  readonly label: number;
  readonly predicted: number;
  /** Probability of the predicted class. */
  readonly probability: number;
}

/** Index of the largest number; of equal ones, the first. */
export function best(values: ArrayLike<number>): number {
  let index = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! > values[index]!) index = i;
  return index;
}

/** `[label][predicted]` counts. */
export function confusionMatrix({ labels, probabilities }: Predictions, classes: number): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  probabilities.forEach((row, i) => {
    matrix[labels[i]!]![best(row)]! += 1;
  });
  return matrix;
}

/** Share of pictures on the diagonal. */
export function accuracyOf(matrix: readonly (readonly number[])[]): number {
  const right = matrix.reduce((sum, row, i) => sum + row[i]!, 0);
  return right / matrix.flat().reduce((sum, count) => sum + count, 0);
}

/** Recall and precision, class by class. */
export function classFigures(matrix: readonly (readonly number[])[]): ClassFigures[] {
  return matrix.map((row, i) => {
    const count = row.reduce((sum, n) => sum + n, 0);
    const taken = matrix.reduce((sum, other) => sum + other[i]!, 0);
    return { count, recall: row[i]! / count, precision: row[i]! / taken };
  });
}

/** Mean recall of the classes that have pictures: scikit-learn's `balanced_accuracy_score`. */
export function macroRecall(matrix: readonly (readonly number[])[]): number {
  const recalls = classFigures(matrix).flatMap(({ count, recall }) => (count > 0 ? [recall] : []));
  return recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length;
}

/** The mistakes with the highest probabilities, in falling order. */
export function worstMistakes({ labels, probabilities }: Predictions, count: number): Mistake[] {
  return probabilities
    .map((row, index) => {
      const predicted = best(row);
      return { index, label: labels[index]!, predicted, probability: row[predicted]! };
    })
    .filter(({ label, predicted }) => label !== predicted)
    .sort((a, b) => b.probability - a.probability)
    .slice(0, count);
}
