import { philox2x32 } from "./philox.ts";

/**
 * A number of the standard normal distribution, a pure function of where it is asked for (Box–Muller).
 *
 * `normal = √(−2 ln u₀) · cos 2πu₁`, `u` the two words of `philox2x32(index, site, key)` as fractions, `u₀` from the middle of its
 * step, which keeps the logarithm finite.
 *
 * @param key - The sample's key, from {@link sampleKey}.
 * @param site - The decision, from {@link siteOf}; not one that {@link uniform} is asked at with the same index.
 * @param index - Which of several numbers at that site, uint32. Default 0.
 * @returns A number of at most 6.8 in magnitude.
 * @see Box and Muller 1958, https://doi.org/10.1214/aoms/1177706645
 *
 * @example
 * console.log(Math.abs(normal(sampleKey(42, 0, 7), siteOf("noise"))) < 7); // true
 */
export function normal(key: number, site: number, index = 0): number {
  const [first, second] = philox2x32(index, site, key);
  return Math.sqrt(-2 * Math.log((first + 0.5) / 2 ** 32)) * Math.cos((2 * Math.PI * second) / 2 ** 32);
}
