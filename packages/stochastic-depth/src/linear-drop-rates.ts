/**
 * Returns drop rates that grow linearly with depth: `rate[i] = maxRate · i / (depth − 1)`.
 *
 * The first block is never dropped; the last has `maxRate`. A single block has rate 0, as `tf.linspace(0, r, 1)` does.
 *
 * @param depth - Number of blocks, an integer ≥ 1.
 * @param maxRate - Rate of the last block, in [0, 1].
 * @returns `depth` rates in [0, maxRate].
 * @throws RangeError if an argument is out of range.
 * @see Huang et al. 2016, "Deep Networks with Stochastic Depth", section 3, https://arxiv.org/abs/1603.09382
 *
 * @example
 * console.log(linearDropRates(3, 0.2)); // [0, 0.1, 0.2]
 */
export function linearDropRates(depth: number, maxRate: number): number[] {
  if (!(Number.isInteger(depth) && depth >= 1)) {
    throw new RangeError(`linearDropRates: depth must be an integer >= 1, got ${depth}`);
  }
  if (!(maxRate >= 0 && maxRate <= 1)) {
    throw new RangeError(`linearDropRates: maxRate must be in [0, 1], got ${maxRate}`);
  }
  return Array.from({ length: depth }, (_, i) => (depth === 1 ? 0 : (maxRate * i) / (depth - 1)));
}
