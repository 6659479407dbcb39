import { firstNonFinite } from "known-options";
import type { Batch } from "../data/data-source.ts";

/** How far a target's shares may be from summing to 1: float32 sums of a thousand classes. */
const MASS_TOLERANCE = 1e-3;

/**
 * Refuses a batch of which a field is not what it must be, before anything is computed of it.
 *
 * tfjs itself computes with such data without a word: a label out of range gives a target of zeros, NaN has an argmax.
 *
 * @param place - What the message begins with: `"fit: epoch 1, batch 2"`.
 * @throws TypeError for a field of another type. RangeError for its length or a value, which it names with its row.
 */
export function requireBatch(place: string, batch: Batch, classes: number): void {
  const { images, shape, labels, sampleKeys, targets, viewKeys, teacherImages, teacherShape } = batch;
  requireType(place, "labels", labels, Int32Array);
  requireType(place, "sampleKeys", sampleKeys, Uint32Array);
  const rows = labels.length;
  if (rows === 0) throw new RangeError(`${place}: a batch must have at least one row, got none`);
  requireRows(place, "sampleKeys", sampleKeys, rows);
  requireLabels(place, labels, classes);
  requireImages(place, "images", images, "shape", shape, rows);
  if (targets !== undefined) requireTargets(place, targets, rows, classes);
  if (viewKeys !== undefined) {
    requireType(place, "viewKeys", viewKeys, BigUint64Array);
    requireRows(place, "viewKeys", viewKeys, rows);
  }
  if (teacherImages !== undefined || teacherShape !== undefined) {
    requireImages(place, "teacherImages", teacherImages, "teacherShape", teacherShape, rows);
  }
}

/** @throws RangeError that names the first label that is not one of the classes, and its row. */
export function requireLabels(place: string, labels: ArrayLike<number>, classes: number): void {
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row]!;
    if (Number.isInteger(label) && label >= 0 && label < classes) continue;
    throw new RangeError(
      `${place}: labels must be integers in [0, ${classes}), for ${classes} classes, got ${label} at labels[${row}]`,
    );
  }
}

/** @throws RangeError that names the first row of targets that is not a distribution over the classes. */
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

function requireImages(
  place: string,
  name: string,
  images: Float32Array | undefined,
  shapeName: string,
  shape: readonly number[] | undefined,
  rows: number,
): void {
  requireType(place, name, images, Float32Array);
  if (!Array.isArray(shape) || !shape.every((side) => Number.isInteger(side) && side >= 0)) {
    throw new TypeError(`${place}: ${shapeName} must be [batch, …sample], got ${JSON.stringify(shape)}`);
  }
  const [samples, ...sample] = shape as readonly number[];
  if (samples !== rows) {
    throw new RangeError(
      `${place}: ${shapeName} must begin with the number of labels, ${rows}, got [${shape}]`,
    );
  }
  const stride = sample.reduce((size, side) => size * side, 1);
  if (images.length !== rows * stride) {
    throw new RangeError(
      `${place}: ${name} of shape [${shape}] must hold ${rows * stride} numbers, got ${images.length}`,
    );
  }
  const bad = firstNonFinite(images);
  if (bad >= 0) {
    const row = Math.floor(bad / stride);
    throw new RangeError(
      `${place}: ${name} must be finite, got ${images[bad]} in row ${row}, number ${bad % stride} of it`,
    );
  }
}

type TypedArray = Float32Array | Int32Array | Uint32Array | BigUint64Array;

function requireType<T extends TypedArray>(
  place: string,
  name: string,
  value: T | undefined,
  type: { readonly prototype: T; readonly name: string },
): asserts value is T {
  // By name: a page's frames and some test runners have classes of their own.
  const found = Object.prototype.toString.call(value).slice(8, -1);
  if (found === type.name) return;
  const got = value === undefined ? "undefined" : value === null ? "null" : found;
  throw new TypeError(`${place}: ${name} must be of the type ${type.name}, got ${got}`);
}

function requireRows(place: string, name: string, { length }: TypedArray, rows: number): void {
  if (length !== rows) {
    throw new RangeError(`${place}: ${name} must have one entry a row, ${rows}, got ${length}`);
  }
}
