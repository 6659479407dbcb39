const MASK = 0xffff_ffff_ffff_ffffn;
const GOLDEN = 0x9e37_79b9_7f4a_7c15n; // 2⁶⁴ over the golden ratio

/**
 * Hashes a 64-bit integer with the step of SplitMix64, a bijection: different inputs have different hashes.
 *
 * To hash several numbers, fold them: `mix64(mix64(a) ^ b)`.
 *
 * @param value - Taken modulo 2⁶⁴.
 * @returns An integer in [0, 2⁶⁴).
 * @see Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", https://doi.org/10.1145/2660193.2660195
 *
 * @example
 * console.log(mix64(0n).toString(16)); // e220a8397b1dcdaf
 */
export function mix64(value: bigint): bigint {
  if (typeof value !== "bigint") throw new TypeError(`mix64: value must be a bigint, got ${String(value)}`);
  let x = (value + GOLDEN) & MASK;
  x = ((x ^ (x >> 30n)) * 0xbf58_476d_1ce4_e5b9n) & MASK;
  x = ((x ^ (x >> 27n)) * 0x94d0_49bb_1331_11ebn) & MASK;
  return x ^ (x >> 31n);
}
