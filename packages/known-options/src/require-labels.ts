import { requireType } from "./require-type.ts";

/** Largest distance of a target row's sum from 1: float32 rounding over a thousand classes. */
const MASS_TOLERANCE = 1e-3;

/** Throws a RangeError that names the first label outside [0, classes) and its row. */
export function requireLabels(place: string, labels: ArrayLike<number>, classes: number): void {
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (Number.isInteger(label) && label >= 0 && label < classes) continue;
    throw new RangeError(
      `${place}: labels must be integers in [0, ${classes}), for ${classes} classes, got ${label} at labels[${row}]`,
    );
  }
}

/** Throws a RangeError that names the first row of targets that is not a distribution over the classes. */
export function requireTargets(place: string, targets: Float32Array, rows: number, classes: number): void {
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
    if (Math.abs(mass - 1) > MASS_TOLERANCE) {
      throw new RangeError(`${place}: each row of targets must sum to 1, got ${mass} in row ${row}`);
    }
  }
}
