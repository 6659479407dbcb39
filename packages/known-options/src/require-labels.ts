import { requireType } from "./require-type.ts";

/** Largest distance of a target row's sum from 1: float32 rounding over a thousand classes. */
const MASS_TOLERANCE = 1e-3;

/**
 * Throws a RangeError that names the first label outside [0, classes) and its row.
 *
 * @param unlabeled - Whether −1, a sample without a label, is accepted too. Default false.
 */
export function requireLabels(
  place: string,
  labels: ArrayLike<number>,
  classes: number,
  unlabeled = false,
): void {
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (Number.isInteger(label) && label >= (unlabeled ? -1 : 0) && label < classes) continue;
    throw new RangeError(
      `${place}: labels must be integers in [0, ${classes}), for ${classes} classes, got ${label} at labels[${row}]`,
    );
  }
}

/**
 * Throws a TypeError or RangeError unless each row's labeled share is in [0, 1].
 *
 * @param labelWeights - Shares of the rows.
 */
export function requireLabelWeights(place: string, labelWeights: Float32Array, rows: number): void {
  requireType(place, "labelWeights", labelWeights, Float32Array);
  if (labelWeights.length !== rows) {
    throw new RangeError(
      `${place}: labelWeights must have one entry a row, ${rows}, got ${labelWeights.length}`,
    );
  }
  const row = labelWeights.findIndex((weight) => !(weight >= 0 && weight <= 1));
  if (row >= 0) {
    throw new RangeError(`${place}: labelWeights must be in [0, 1], got ${labelWeights[row]} in row ${row}`);
  }
}

/** Throws a TypeError or RangeError unless targets are `[rows, classes]`, each in [0, 1]: what each row has of each class. */
export function requireMultiHot(place: string, targets: Float32Array, rows: number, classes: number): void {
  requireType(place, "targets", targets, Float32Array);
  if (targets.length !== rows * classes) {
    throw new RangeError(
      `${place}: targets must be [${rows}, ${classes}], ${rows * classes} numbers for ${classes} classes, got ${targets.length}`,
    );
  }
  const wrong = targets.findIndex((share) => !(share >= 0 && share <= 1));
  if (wrong >= 0) {
    throw new RangeError(
      `${place}: targets of several labels must be in [0, 1], got ${targets[wrong]} in row ${Math.floor(wrong / classes)}, class ${wrong % classes}`,
    );
  }
}

/**
 * Throws a RangeError that names the first row of targets that is not a distribution over the classes.
 *
 * @param isLabeled - Whether a row has a labeled share; one without may have zeros. Default: all have one.
 */
export function requireTargets(
  place: string,
  targets: Float32Array,
  rows: number,
  classes: number,
  isLabeled: (row: number) => boolean = () => true,
): void {
  requireType(place, "targets", targets, Float32Array);
  if (targets.length !== rows * classes) {
    throw new RangeError(
      `${place}: targets must be [${rows}, ${classes}], ${rows * classes} numbers for ${classes} classes, got ${targets.length}`,
    );
  }
  for (let row = 0; row < rows; row++) {
    let mass = 0;
    for (let i = row * classes; i < (row + 1) * classes; i++) {
      const share = targets[i]!;
      mass += share;
      if (share >= 0 && share < Number.POSITIVE_INFINITY) continue;
      throw new RangeError(
        `${place}: targets must be finite and at least 0, got ${share} in row ${row}, class ${i % classes}`,
      );
    }
    if (Math.abs(mass - 1) > MASS_TOLERANCE && (mass !== 0 || isLabeled(row))) {
      throw new RangeError(`${place}: each row of targets must sum to 1, got ${mass} in row ${row}`);
    }
  }
}
