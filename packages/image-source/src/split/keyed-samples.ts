// What the stratified splits share: samples by the hashes of their keys, and their classes' counts.
import { md5 } from "../hash/md5.ts";

/**
 * Positions of keys by `md5(seed, key)`: a picture more moves few others.
 *
 * @param purpose - What the order is for, if it must differ from a split's. Default: none.
 */
export function keyedOrder(keys: readonly string[], seed: number, purpose?: string): number[] {
  const hashes = keys.map((key) =>
    md5(purpose === undefined ? `${seed} ${key}` : `${seed} ${purpose} ${key}`),
  );
  return Array.from(keys.keys()).sort((a, b) => (hashes[a]! < hashes[b]! ? -1 : 1));
}

/** Labels below it may be counted in a list of all classes: ImageNet-21k has 21,841. */
const MOST_CLASSES = 2 ** 20;

/**
 * Number of samples of each class; a hole where a label does not occur.
 *
 * @throws RangeError for a label that is not an integer ≥ 0, such as −1, none, or is 2²⁰ or more.
 */
export function countsOf(caller: string, labels: ArrayLike<number>): number[] {
  const counts: number[] = [];
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (!(Number.isInteger(label) && label >= 0)) {
      throw new RangeError(`${caller}: labels must be integers >= 0, got ${label} at labels[${i}]`);
    }
    if (label >= MOST_CLASSES) {
      throw new RangeError(`${caller}: labels must be below ${MOST_CLASSES}, got ${label} at labels[${i}]`);
    }
    counts[label] = (counts[label] ?? 0) + 1;
  }
  return counts;
}

/** @throws RangeError if a key is there twice, or there are more or fewer labels than keys. */
export function requireUniqueKeys(caller: string, keys: readonly string[], labels: ArrayLike<number>): void {
  if (labels.length === keys.length && new Set(keys).size === keys.length) return;
  throw new RangeError(
    `${caller}: expected unique keys and as many labels, got ${keys.length} keys, ${new Set(keys).size} of them different, and ${labels.length} labels`,
  );
}

/** @throws RangeError with fewer than two classes, or than two samples of one. */
export function requirePairs(caller: string, counts: readonly number[]): void {
  const classes = counts.length;
  if (classes < 2) throw new RangeError(`${caller}: expected at least 2 classes, got ${classes}`);
  for (let label = 0; label < classes; label++) {
    const count = counts[label] ?? 0;
    if (count < 2) {
      throw new RangeError(
        `${caller}: class ${label}: expected at least 2 samples, to train and to validate, got ${count}`,
      );
    }
  }
}
