import { philox2x32 } from "./philox.ts";

/**
 * Returns the key of a sample in an epoch, from which every random decision about it (crop, flip, drop path) is drawn.
 *
 * Equal arguments give equal keys; distinct ones collide no more often than random 32-bit numbers.
 *
 * @param seed - The run's seed, uint32.
 * @param epoch - Epoch, or any other round that draws anew, uint32.
 * @param sample - The sample's index in its data set, uint32.
 * @returns A uint32 key for {@link uniform}.
 * @throws RangeError if an argument is not an integer in [0, 2³²).
 *
 * @example
 * const keys = Uint32Array.from([0, 1, 2], (sample) => sampleKey(42, 0, sample));
 * console.log(keys.length); // 3
 */
export function sampleKey(seed: number, epoch: number, sample: number): number {
  requireUint32("seed", seed);
  requireUint32("epoch", epoch);
  requireUint32("sample", sample);
  return philox2x32(sample, epoch, seed)[0];
}

function requireUint32(name: string, value: number): void {
  if (!(Number.isInteger(value) && value >= 0 && value < 2 ** 32)) {
    throw new RangeError(`sampleKey: ${name} must be an integer in [0, 2^32), got ${value}`);
  }
}
