import { philox2x32 } from "./philox.ts";

/**
 * Draws a number in [0, 1), a pure function of key, site and index, independent of the order of calls.
 *
 * `uniform = philox2x32(index, site, key)[0] / 2³²`.
 *
 * @param key - The sample's key, from {@link sampleKey}.
 * @param site - The decision, from {@link siteOf}.
 * @param index - Index of the number at that site, uint32. Default 0.
 * @returns A multiple of 2⁻³² in [0, 1).
 *
 * @example
 * const flip = uniform(sampleKey(42, 0, 7), siteOf("flip")) < 0.5;
 * console.log(typeof flip); // boolean
 */
export function uniform(key: number, site: number, index = 0): number {
  return philox2x32(index, site, key)[0] / 2 ** 32;
}
