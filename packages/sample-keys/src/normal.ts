import { philox2x32 } from "./philox.ts";

/**
 * Draws a standard normal number, a pure function of key, site and index (Box–Muller).
 *
 * `normal = √(−2 ln u₀) · cos 2πu₁`, where `u` are the two words of `philox2x32(index, site, key)` as fractions; half a
 * step is added to `u₀`, which keeps the logarithm finite.
 *
 * @param key - The sample's key, from {@link sampleKey}.
 * @param site - The decision, from {@link siteOf}; do not share a site and index with {@link uniform}.
 * @param index - Index of the number at that site, uint32. Default 0.
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
