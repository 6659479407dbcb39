import { siteOf } from "./site.ts";
import { uniform } from "./uniform.ts";

const SITE = siteOf("permutation");

/**
 * Returns a random permutation of `0 … length − 1`, fixed by its key (Fisher–Yates).
 *
 * @param length - Number of elements, an integer ≥ 0.
 * @param key - uint32, for instance `sampleKey(seed, epoch, 0)`.
 * @returns A new array owned by the caller.
 * @throws RangeError if `length` is not an integer ≥ 0, or `key` is not a uint32.
 *
 * @example
 * console.log(permutation(4, 1).length); // 4
 */
export function permutation(length: number, key: number): Uint32Array {
  if (!(Number.isInteger(length) && length >= 0)) {
    throw new RangeError(`permutation: length must be an integer >= 0, got ${length}`);
  }
  if (key >>> 0 !== key) throw new RangeError(`permutation: key must be an integer in [0, 2^32), got ${key}`);
  const order = Uint32Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(uniform(key, SITE, i) * (i + 1));
    const swapped = order[i]!;
    order[i] = order[j]!;
    order[j] = swapped;
  }
  return order;
}
