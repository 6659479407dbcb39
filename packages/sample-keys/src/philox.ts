const MULTIPLIER = 0xd256d193;
const WEYL = 0x9e3779b9; // golden ratio: the key's increment per round
const ROUNDS = 10;

/**
 * Computes two 32-bit random words from a 64-bit counter and a 32-bit key: Philox 2×32-10.
 *
 * Ten rounds of `(hi, lo) = M · c0; c0' = hi ^ key ^ c1; c1' = lo; key += W`. There is no state: any word of any stream can
 * be computed directly, so a training run does not depend on micro-batches, worker threads or interruptions.
 *
 * @param counter0 - Low word of the counter, uint32.
 * @param counter1 - High word of the counter, uint32.
 * @param key - The stream, uint32.
 * @returns Two independent uint32 words.
 * @see Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", https://doi.org/10.1145/2063384.2063405
 *
 * @example
 * const [word] = philox2x32(0, 0, 42);
 * console.log(word === philox2x32(0, 0, 42)[0]); // true: a function, not a generator
 */
export function philox2x32(counter0: number, counter1: number, key: number): [number, number] {
  let c0 = counter0 >>> 0;
  let c1 = counter1 >>> 0;
  let k = key >>> 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high = multiplyHigh(c0, MULTIPLIER);
    const low = Math.imul(c0, MULTIPLIER) >>> 0;
    c0 = (high ^ k ^ c1) >>> 0;
    c1 = low;
    k = (k + WEYL) >>> 0;
  }
  return [c0, c1];
}

/** Computes the upper 32 bits of the 64-bit product of two uint32, from 16-bit halves. */
function multiplyHigh(a: number, b: number): number {
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16); // < 2^32
  const carry = a0 * b1 + (middle & 0xffff); // < 2^32
  return (a1 * b1 + (middle >>> 16) + (carry >>> 16)) >>> 0;
}
